"""Where the data comes from: files and objects, which are copied, or the rows of a query; a module for each kind."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from utils.config_reader import ConfigError


class SourceError(ConfigError):
    """A source gives no data."""


@dataclass(frozen=True)
class Rows:
    """The rows of a query, which come as they are read; never are all in memory.

    Attributes:
        columns: their names.
        values: the rows, a value for each column; None is a missing one.
    """

    columns: list[str]
    values: Iterable[Sequence[Any]]


def no_cells(column: str, values: str) -> SourceError:
    """Give the error of a column whose values no cell of CSV can hold, such as lists."""
    accepted = "numbers, words and dates, by CAST in the query"
    return SourceError(f"the column {column!r} holds values of type {values}; accepted: {accepted}")


def check_types(types: Iterable[tuple[str, str]], refused: Collection[str]) -> None:
    """See that values which come as texts are none that only the source can read.

    Args:
        types: the names of columns and, as the source calls them, their types.
        refused: types that are no cells.

    Raises:
        SourceError: a column is of one of those.
    """
    for column, kind in types:
        if kind.partition("(")[0].lower() in refused:
            raise no_cells(column, kind)
