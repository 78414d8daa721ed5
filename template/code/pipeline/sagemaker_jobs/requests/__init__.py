"""Requests, each a dict exactly as the method of boto3's client takes it; one set serves all backends."""
