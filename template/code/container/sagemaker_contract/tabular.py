"""CSV files of a channel as one table of numbers."""

import csv
import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .cells import number, quoted, quoted_list
from .errors import InputError

ONE_TABLE = "UTF-8 CSV files that share one header row of unique column names"


@dataclass(frozen=True)
class Table:
    """The rows of a channel.

    Attributes:
        channel: name of the channel.
        target: name of the label column.
        columns: names of the feature columns, in the order of `features`.
        features: float64, shape (rows, columns); a missing value is NaN.
        labels: the label column as the files have it, a word a row.
    """

    channel: str
    target: str
    columns: list[str]
    features: np.ndarray
    labels: list[str]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of columns, values and labels."""
        digest = hashlib.sha256(repr((self.target, self.columns)).encode())
        digest.update(np.ascontiguousarray(self.features).data)
        digest.update("\0".join(self.labels).encode())
        return digest.hexdigest()

    @property
    def types(self) -> list[str]:
        """The type of each feature: `integer`, or `number` where a value is no whole number."""
        known = np.where(np.isfinite(self.features), self.features, 0)
        return ["integer" if whole else "number" for whole in (known == np.floor(known)).all(axis=0)]


def read_channel(folder: Path, target: str | None = None, columns: list[str] | None = None) -> Table:
    """Read every file under a channel's folder, nested ones too, in the order of their paths.

    Args:
        folder: the channel's folder. Empty files, and names that begin with `.` or `_`, are left out.
        target: name of the label column; None means the last column.
        columns: the feature columns that another channel has; None means all but the target.

    Raises:
        InputError: there is no data, or a file cannot be read as CSV; names the file, the line and the cause.
    """
    files = sorted(path for path in folder.rglob("*") if _holds_data(path, folder))
    if not files:
        raise InputError(f"channel {folder.name!r} holds no data ({folder})", ONE_TABLE)
    reader = _Reader(target, columns or [])
    for path in files:
        reader.add(path)
    if not reader.labels:
        raise InputError(f"channel {folder.name!r} holds header rows and no data", "at least one row of data")
    return reader.table(folder.name)


def _holds_data(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and path.stat().st_size > 0


class _Reader:
    """Collects the files of a channel, a flat array for all numbers, so that memory holds them once."""

    def __init__(self, target: str | None, columns: list[str]) -> None:
        self.target = target
        self.columns = columns
        self.values = array("d")
        self.labels: list[str] = []

    def table(self, channel: str) -> Table:
        features = np.frombuffer(self.values, dtype=np.float64).reshape(len(self.labels), len(self.columns))
        return Table(channel, self.target, self.columns, features, self.labels)

    def add(self, path: Path) -> None:
        rows = _rows(path)
        _, header = next(rows, (0, []))
        header = [name.strip() for name in header]
        self._check(path, header)
        at, order = header.index(self.target), [header.index(name) for name in self.columns]
        for line, row in rows:
            if len(row) != len(header):
                raise InputError(f"{path}, line {line}: {len(row)} values", f"{len(header)}, as in the header")
            if not row[at].strip():
                wrong = f"{path}, line {line}: no value in column {quoted(self.target)}"
                raise InputError(wrong, "a label in every row")
            try:
                self.values.extend([number(row[index]) for index in order])
            except ValueError:
                raise _wrong_cell(f"{path}, line {line}", row, header, order) from None
            self.labels.append(row[at].strip())

    def _check(self, path: Path, header: list[str]) -> None:
        if len(set(header)) < len(header):
            twice = next(name for name in header if header.count(name) > 1)
            raise InputError(f"{path}: column {quoted(twice)} stands twice in the header", ONE_TABLE)
        if self.target is None and header:
            self.target = header[-1]
        if self.target not in header:
            raise InputError(f"{path}: no column is called {quoted(self.target)}, the target", quoted_list(header))
        self.columns = self.columns or [name for name in header if name != self.target]
        if not self.columns:
            raise InputError(f"{path}: {quoted(self.target)} is the only column", "the target and at least one feature")
        differing = set(header).symmetric_difference([*self.columns, self.target])
        if differing:
            wrong = f"{path}: column {quoted(min(differing))} is in this file only, or missing from it"
            raise InputError(wrong, f"the columns of the other files: {quoted_list([*self.columns, self.target])}")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give each row with its line number; blank lines are left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            yield from ((reader.line_num, row) for row in reader if row)
        except UnicodeDecodeError as error:
            wrong = f"{path}: not UTF-8 text after line {reader.line_num} ({error.reason})"
            raise InputError(wrong, ONE_TABLE) from None
        except csv.Error as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}", ONE_TABLE) from None


def _wrong_cell(where: str, row: list[str], header: list[str], order: list[int]) -> InputError:
    for index in order:
        try:
            number(row[index])
        except ValueError as error:
            wrong = f"{where}, column {quoted(header[index])}: {error}"
    return InputError(wrong, "numbers, or nothing for a missing value; write words as numbers")
