"""Rows among several workers: each fits its share, and all judge by the same rows."""

import hashlib

import numpy as np

from .cells import quoted_list
from .dataset import Dataset
from .errors import InputError
from .run import Run
from .tabular import Table

MOST_JUDGED = 100_000  # rows that are brought together from hosts with data of their own


def different_labels(table: Table, run: Run) -> list[str]:
    """Give the different labels of all workers.

    Raises:
        InputError: the workers' data has different columns.
    """
    found = run.gather([sorted(set(table.labels)), table.columns])
    for host, (_, columns) in zip(run.names, found, strict=True):
        if columns != found[0][1]:
            wrong = f"channel {table.channel!r} has other columns on {host} than on {run.names[0]}"
            raise InputError(wrong, quoted_list(found[0][1]))
    return sorted({word for labels, _ in found for word in labels})


def shares(fitted_on: Dataset, judged: Dataset, run: Run) -> tuple[Dataset, Dataset]:
    """Give this worker's part of the rows that it sees alike with others, and the rows by which all judge.

    Raises:
        InputError: there are fewer rows than workers.
    """
    if run.size == 1:
        return fitted_on, judged
    index, count = run.part
    share = fitted_on.take(np.arange(index, len(fitted_on), count))
    if not len(share):
        raise InputError(f"{len(fitted_on)} rows to fit for {count} workers", "at least a row for each")
    if run.is_sharded:
        mine = judged.take(np.arange(min(len(judged), MOST_JUDGED // len(run.hosts))))
        parts = run.gather([mine.features.tolist(), mine.targets.tolist()] if index == 0 else None)
        judged = Dataset(
            np.concatenate([np.array(part[0], dtype=np.float64) for part in parts if part]),
            np.concatenate([np.array(part[1], dtype=judged.targets.dtype) for part in parts if part]),
        )
    return share, judged


def fingerprint(table: Table, run: Run) -> str:
    """Give the SHA-256 of the data: of one worker's, if all have the same, or of all the parts' together."""
    if not run.is_sharded:
        return table.fingerprint
    parts = run.gather(table.fingerprint if run.part[0] == 0 else "")
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def mean(value: float, rows: int, run: Run) -> float:
    """Give the mean of a figure over the rows of all workers."""
    total, count = run.sum([value * rows, rows])
    return float(total / count)
