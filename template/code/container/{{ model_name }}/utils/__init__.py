"""Helpers of your own."""
