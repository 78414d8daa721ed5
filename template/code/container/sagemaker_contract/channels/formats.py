"""Which format a source has, and the table of several sources."""

import io
from collections.abc import Iterable
from pathlib import PurePath
from types import ModuleType

from ..errors import InputError
from . import csv_rows, json_lines, parquet
from .features import Rows
from .known import BY_CONTENT_TYPE, BY_SUFFIX, KINDS
from .rows import ONE_TABLE
from .sources import Source
from .table import Table


def read(channel: str, sources: Iterable[Source], target: str | None, columns: list[str] | None) -> Table:
    """Read all sources of a channel into one table.

    Raises:
        InputError: there is no row, or a source cannot be read; names the source, the line and the cause.
    """
    rows = None
    for source in sources:
        with source.open() as stream:
            module = find(source, stream)
            rows = rows or KINDS.get(module, Rows)(channel, target, columns)
            module.read(source, stream, rows)
    if not rows or not rows.labels:
        raise InputError(f"channel {channel!r} holds no data, at most headers", ONE_TABLE)
    return rows.table()


def count(source: Source) -> int:
    """Count the rows of a source of text, however wrong their cells are.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    with source.open() as stream:
        return find(source, stream).count(source, stream)


def find(source: Source, stream: io.BufferedReader) -> ModuleType:
    """Tell the format by the source's name, else by its content type, else by its first bytes."""
    by_name = BY_SUFFIX.get(PurePath(source.name.removesuffix(".gz")).suffix.lower())
    content_type = (source.content_type or "").partition(";")[0].strip().lower()
    return by_name or BY_CONTENT_TYPE.get(content_type) or _by_first_bytes(stream)


def _by_first_bytes(stream: io.BufferedReader) -> ModuleType:
    first = stream.peek(256)
    if first.startswith(parquet.MAGIC):
        return parquet
    return json_lines if first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else csv_rows
