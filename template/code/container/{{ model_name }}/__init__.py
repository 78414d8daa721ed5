"""A model: its code and its jobs."""
