"""libsvm: a label and the cells that are not 0, `label index:value …`; columns are called by their index."""

import io
import os
from array import array
from collections.abc import Iterator

import numpy as np

from ..cells import numbers, quoted, quoted_list
from ..errors import InputError
from .rows import LabelledRows
from .sources import Source, text_lines
from .table import Table

ACCEPTED = "a row a line: label index:value index:value …, each index once"
MOST_DIGITS = 7  # of an index
VALUES_AT_A_TIME = 1 << 16


class SparseRows(LabelledRows):
    """Rows of which only the cells that are given are held, until all are there and the last column is known."""

    def __init__(self, channel: str, target: str | None, columns: list[str] | None) -> None:
        super().__init__(channel, target or "label", columns)
        self.indices = array("I")
        self.values = array("d")
        self.ends = array("Q")
        self.least, self.most, self.widest = 1, 0, f"channel {channel!r}"
        if columns:
            self.least = int(columns[0] != "0")
            self.most = self.least + len(columns) - 1
            if columns != self._names():
                wrong = f"channel {channel!r} is libsvm, whose columns have no names"
                raise InputError(wrong, f"the columns of the training data: {quoted_list(columns)}")
        self.is_fixed = bool(columns)

    def add(self, indices: list[int], values: list[float], where: str) -> None:
        """Add the given cells of a row.

        Raises:
            InputError: an index is beyond the columns of the channel before this one.
        """
        least, most = min(indices, default=self.least), max(indices, default=self.most)
        if least < self.least or most > self.most:
            if self.is_fixed:
                wrong = (
                    f"{where}: index {most if most > self.most else least} is beyond the columns of the training data"
                )
                raise InputError(wrong, f"{self.least} to {self.most}")
            self.least = min(least, self.least)
            if most > self.most:
                self.most, self.widest = most, where
        self.indices.extend(indices)
        self.values.extend(values)
        self.ends.append(len(self.values))

    def table(self) -> Table:
        """Give all rows as a table; a cell that was not given is 0.

        Raises:
            InputError: it has no column, or would not fit into this machine's memory.
        """
        columns = self._names()
        if not columns:
            raise InputError(f"channel {self.channel!r} holds labels and no index:value", ACCEPTED)
        size = 8 * len(self.labels) * len(columns)
        if size > os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"):
            wrong = f"{self.widest}: index {self.most} makes a table of {size / 2**30:.0f} GiB, more than the memory"
            raise InputError(wrong, "fewer columns or rows, or an instance with more memory")
        features = np.zeros((len(self.labels), len(columns)))
        stop = len(self.labels)
        while stop:  # from the last row to the first, so that the arrays shrink as the table fills
            first = np.searchsorted(self.ends, max(len(self.values) - VALUES_AT_A_TIME, 0), side="right")
            start = min(int(first), stop - 1)
            begin = self.ends[start - 1] if start else 0
            lengths = np.diff(np.array(self.ends[start:stop], dtype=np.int64), prepend=begin)
            at = np.repeat(np.arange(start, stop), lengths)
            features[at, np.array(self.indices[begin:], dtype=np.int64) - self.least] = self.values[begin:]
            del self.indices[begin:], self.values[begin:], self.ends[start:]
            stop = start
        return Table(self.channel, self.target, columns, features, self.labels)

    def _names(self) -> list[str]:
        return [str(index) for index in range(self.least, self.most + 1)]


def read(source: Source, stream: io.BufferedReader, rows: SparseRows) -> None:
    """Add all rows.

    Raises:
        InputError: names the source, the line and the cause.
    """
    for line, (label, *pairs) in _lines(source, stream):
        where = f"{source.name}, line {line}"
        if ":" in label:
            raise InputError(f"{where}: {quoted(label)} stands where the label belongs", ACCEPTED)
        cells = dict(_split(pair, where) for pair in pairs)
        if len(cells) < len(pairs):
            raise InputError(f"{where}: an index stands twice", ACCEPTED)
        try:
            values = numbers([*cells.values()])
        except ValueError as error:
            raise InputError(f"{where}: {error}", ACCEPTED) from None
        rows.add([*cells], values, where)
        rows.label(label, where)


def count(source: Source, stream: io.BufferedReader) -> int:
    """Count the rows without reading their cells."""
    return sum(1 for _ in _lines(source, stream))


def _lines(source: Source, stream: io.BufferedReader) -> Iterator[tuple[int, list[str]]]:
    """Give the parts of each line with its number; blank lines and comments are left out."""
    for line, text in enumerate(text_lines(source, stream), start=1):
        if parts := text.partition("#")[0].split():
            yield line, parts


def _split(pair: str, where: str) -> tuple[int, str]:
    index, _, value = pair.partition(":")
    if not (value and index.isascii() and index.isdigit()):
        raise InputError(f"{where}: {quoted(pair)} is not index:value", ACCEPTED)
    if len(index) > MOST_DIGITS:
        raise InputError(f"{where}: index {index[:20]} is too large", f"an index of at most {MOST_DIGITS} digits")
    return int(index), value
