"""Which format a source has, and the table of several sources."""

import io
from collections.abc import Iterable
from pathlib import PurePath
from types import ModuleType

from ..errors import InputError
from . import csv_rows, json_lines, libsvm, parquet
from .libsvm import SparseRows
from .rows import ONE_TABLE, Rows
from .sources import Source
from .table import Table

BY_SUFFIX = {
    ".csv": csv_rows,
    ".json": json_lines,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
    ".parquet": parquet,
    ".libsvm": libsvm,
    ".svm": libsvm,
    ".svmlight": libsvm,
}
BY_CONTENT_TYPE = {
    "text/csv": csv_rows,
    "application/jsonlines": json_lines,
    "application/x-parquet": parquet,
    "text/libsvm": libsvm,
    "text/x-libsvm": libsvm,
}


def read(channel: str, sources: Iterable[Source], target: str | None, columns: list[str] | None) -> Table:
    """Read all sources of a channel into one table.

    Raises:
        InputError: there is no row, or a source cannot be read; names the source, the line and the cause.
    """
    rows: Rows | SparseRows | None = None
    for source in sources:
        with source.open() as stream:
            module = find(source, stream)
            kind = SparseRows if module is libsvm else Rows
            rows = rows or kind(channel, target, columns)
            if type(rows) is not kind:
                raise InputError(f"{source.name}: libsvm beside files of another format", "libsvm alone, or none")
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
