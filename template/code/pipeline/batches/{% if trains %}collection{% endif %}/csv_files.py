"""Rows as CSV files with a header row, as many as it takes."""

import csv
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sagemaker_jobs.backends import Stored
from sagemaker_jobs.sources import Rows, SourceError, no_cells

ROWS_A_FILE = 1_000_000  # so that hosts can share the files, and this machine's disk holds one of them
NOT_CELLS = bytes, bytearray, memoryview, dict, list, tuple, set  # Python would write them as only Python reads them


def write(rows: Rows, target: str, stored: Stored, uri: str) -> dict[str, float]:
    """Store rows below a URI, the label column last.

    Args:
        rows: where they come from.
        target: name of the label column; empty means the last one.
        stored: where to.
        uri: below which the files are to lie.

    Returns:
        The figures `rows` and `bytes`.

    Raises:
        SourceError: there are no rows, a column is named twice, none is the label, or one holds no cells.
    """
    order = _label_last(rows.columns, target)
    header = [rows.columns[index] for index in order]
    values = ([row[index] for index in order] for row in rows.values)
    figures = {"rows": 0, "bytes": 0}
    with TemporaryDirectory() as folder:
        for number in count():
            path = Path(folder, f"part-{number:05}.csv")
            written = _write(path, header, islice(values, ROWS_A_FILE))
            if not written:
                break
            stored.upload(path, f"{uri}/{path.name}")
            figures["rows"] += written
            figures["bytes"] += path.stat().st_size
            path.unlink()
    if not figures["rows"]:
        raise SourceError("the source gives no rows; accepted: a query that finds at least one")
    return figures


def _label_last(columns: list[str], target: str) -> list[int]:
    if twice := {name for name in columns if columns.count(name) > 1}:
        raise SourceError(f"the column {min(twice)!r} comes twice; accepted: a name for each, in SQL by AS")
    if target and target not in columns:
        wrong = f"training.hyperparameters.target is {target!r}, but the source has no such column"
        raise SourceError(f"{wrong}; accepted: {', '.join(columns)}")
    label = columns.index(target) if target else len(columns) - 1
    return [*(index for index in range(len(columns)) if index != label), label]


def _write(path: Path, header: list[str], rows: Iterator[Sequence[Any]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in rows:
            writer.writerow(_cell(name, value, name == header[-1]) for name, value in zip(header, row, strict=True))
            written += 1
    return written


def _cell(column: str, value: Any, is_label: bool) -> Any:
    """Give a value as the jobs read it: of true and false a number, or a word where that is the label."""
    if isinstance(value, NOT_CELLS):
        raise no_cells(column, type(value).__name__)
    if isinstance(value, bool):
        return str(value).lower() if is_label else int(value)
    return value
