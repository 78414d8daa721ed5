"""What a model is worth: figures, and a page of them that a browser shows without a network."""

from .evidence import Evidence
from .figures import summary
from .page import write
from .permutation import importance

__all__ = ["Evidence", "importance", "summary", "write"]
