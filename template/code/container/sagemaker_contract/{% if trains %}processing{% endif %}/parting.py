"""Rows in parts, of each class alike."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..tabular import Table

FEWEST = 5  # rows of a label that are parted among themselves; rarer ones, such as values, are parted together
REST = "training"


def part(labels: list[str], fractions: dict[str, float], seed: int) -> dict[str, np.ndarray]:
    """Part rows at random, and the same way for the same seed.

    Args:
        labels: a label a row.
        fractions: of each part but the rest, which is `training`.
        seed: chooses the rows.

    Returns:
        The rows' numbers, in order, by the part's name.

    Raises:
        InputError: a part would have no row.
    """
    of_label = defaultdict(list)
    for row, label in enumerate(labels):
        of_label[label].append(row)
    rare = [row for rows in of_label.values() if len(rows) < FEWEST for row in rows]
    groups = [rows for rows in of_label.values() if len(rows) >= FEWEST] + [rare]
    random = np.random.default_rng(seed)
    chosen: dict[str, list[int]] = {name: [] for name in [*fractions, REST]}
    for rows in groups:
        shuffled, done = random.permutation(np.array(rows, dtype=np.int64)), 0
        for name, fraction in fractions.items():
            end = done + round(len(rows) * fraction)
            chosen[name].extend(shuffled[done:end])
            done = end
        chosen[REST].extend(shuffled[done:])
    if empty := [name for name, rows in chosen.items() if not rows]:
        raise InputError(f"of {len(labels)} rows none is left for {empty[0]}", "more rows, or other fractions")
    return {name: np.sort(np.array(rows)) for name, rows in chosen.items()}


def write_csv(path: Path, table: Table, rows: np.ndarray, has_header: bool = True) -> None:
    """Write rows of a table, the label last; a missing value is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if has_header:
            writer.writerow([*table.columns, table.target])
        for row in rows:
            cells = ("" if cell != cell else cell for cell in table.features[row].tolist())
            writer.writerow([*cells, table.labels[row]])
