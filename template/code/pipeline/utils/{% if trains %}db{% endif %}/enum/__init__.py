"""The words that columns of the database may hold, an enum each."""

from .status import Status

__all__ = ["Status"]
