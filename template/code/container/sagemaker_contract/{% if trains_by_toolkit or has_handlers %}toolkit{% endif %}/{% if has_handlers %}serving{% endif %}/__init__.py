"""A server of AWS's toolkit, behind this package's own routes."""
