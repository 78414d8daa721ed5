"""Rows among several workers: each fits its share, and all judge by the same rows."""

import hashlib
import logging

import numpy as np

from .cells import number, quoted_list
from .dataset import MOST_NUMBERED_CLASSES, Dataset, Task, infer_task
from .errors import InputError
from .run import Run
from .tabular import Table

logger = logging.getLogger(__name__)
MOST_JUDGED = 100_000  # rows that are brought together from hosts with data of their own


def different_labels(table: Table, task: Task | None, run: Run) -> list[str]:
    """Give the different labels of all workers; of a regression's, as many as tell that it is one.

    Raises:
        InputError: the workers' data has different columns.
    """
    labels = sorted(set(table.labels))
    if not run.shards(table.channel):
        found = run.gather([[], table.columns])
    else:
        found = run.gather([labels if task == "classification" else _telling(labels), table.columns])
    for host, (_, columns) in zip(run.names, found, strict=True):
        if columns != found[0][1]:
            wrong = f"channel {table.channel!r} has other columns on {host} than on {run.names[0]}"
            raise InputError(wrong, quoted_list(found[0][1]))
    return sorted({*labels, *(word for words, _ in found for word in words)})


def _telling(labels: list[str]) -> list[str]:
    if infer_task(labels) == "classification":
        return labels
    fractions = [word for word in labels if not number(word).is_integer()]
    return [*labels[: MOST_NUMBERED_CLASSES + 1], *fractions[:1]]


def share(dataset: Dataset, run: Run) -> Dataset:
    """Give this worker's part of the rows to fit.

    Raises:
        InputError: there are fewer rows than workers.
    """
    index, count = run.part
    part = dataset.take(np.arange(index, len(dataset), count)) if count > 1 else dataset
    if not len(part):
        raise InputError(f"{len(dataset)} rows to fit for {count} workers", "at least a row for each")
    return part


def judged_by_all(dataset: Dataset, channel: str, run: Run) -> Dataset:
    """Give the rows by which all workers judge: of hosts with rows of their own, those of all of them."""
    if not run.shards(channel):
        return dataset
    most = MOST_JUDGED // len(run.hosts)
    rows = np.linspace(0, len(dataset) - 1, min(len(dataset), most)).astype(int)
    if len(rows) < len(dataset):
        logger.info("%d of this host's %d validation rows are shared with the others", len(rows), len(dataset))
    mine = dataset.take(rows)
    is_first = run.names.index(run.names[run.rank]) == run.rank  # of the workers of this host
    parts = run.gather([mine.features.tolist(), mine.targets.tolist()] if is_first else None)
    return Dataset(
        np.concatenate([np.array(part[0], dtype=dataset.features.dtype) for part in parts if part]),
        np.concatenate([np.array(part[1], dtype=dataset.targets.dtype) for part in parts if part]),
    )


def fingerprint(table: Table, run: Run) -> str:
    """Give the SHA-256 of the data: of one worker's, if all have the same, or of all the parts' together."""
    if not run.shards(table.channel):
        return table.fingerprint
    parts = sorted(set(run.gather(table.fingerprint)))  # whichever host has which
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def types(table: Table, run: Run) -> list[str]:
    """Give the type of each feature, over the rows of all workers."""
    found = run.gather(table.types)
    return [kinds[0] if len({*kinds}) == 1 else "number" for kinds in zip(*found, strict=True)]


def mean(value: float, rows: int, run: Run) -> float:
    """Give the mean of a figure over the rows of all workers."""
    total, count = run.sum([value * rows, rows])
    return float(total / count)
