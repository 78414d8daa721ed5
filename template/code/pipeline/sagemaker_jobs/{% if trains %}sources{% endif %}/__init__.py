"""Where the data comes from: files and objects, which are copied, or the rows of a query; a module for each kind."""

from collections.abc import Iterable, Sequence
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
