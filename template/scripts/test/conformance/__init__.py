"""Judges a container image by the numbered items of SageMaker's contract; see README.md beside this file."""
