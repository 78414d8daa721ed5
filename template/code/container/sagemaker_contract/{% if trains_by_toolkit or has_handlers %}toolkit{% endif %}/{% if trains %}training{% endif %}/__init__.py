"""A training job that AWS's toolkit runs."""
