"""Rows of CSV whose cells may be texts of any length; Python's own limit is 128 KB a cell."""

import csv
from collections.abc import Iterable
from typing import Any

LONGEST_CELL = 2**31 - 1  # characters


def reader(lines: Iterable[str]) -> Any:
    """Give a `csv.reader` of lines."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines)
