"""Rows that have no label: a file of them, and the same file with their predictions."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..cells import quoted, quoted_list
from ..channels import csv_rows
from ..channels.features import Rows
from ..channels.sources import Source
from ..errors import InputError


@dataclass
class Unlabelled:
    """What a file holds.

    Attributes:
        header: its column names.
        rows: its cells as they stand there, those that no model asks for too.
        features: feature rows, shape (rows, columns), in the model's order.
    """

    header: list[str]
    rows: list[list[str]]
    features: np.ndarray


def read(path: Path, columns: list[str]) -> Unlabelled:
    """Read CSV with a header row; more columns than the model's may stand in it, in any order.

    Args:
        path: the file; gzipped or not.
        columns: the model's.

    Raises:
        InputError: a column is missing, or a row is wrong; names the file, the line and the cause.
    """
    source = Source(path)
    with source.open() as stream:
        found = csv_rows.records(source, stream)
        _, header = next(found, (0, []))
        header = [name.strip() for name in header]
        if missing := [name for name in columns if header.count(name) != 1]:
            times = "stands twice" if missing[0] in header else "is missing"
            raise InputError(f"{path}: column {quoted(missing[0])} {times}", quoted_list(columns))
        places, rows, features = [header.index(name) for name in columns], [], Rows(path.name, None, columns)
        for line, row in found:
            where = f"{path}, line {line}"
            if len(row) != len(header):
                raise InputError(f"{where}: {len(row)} values", f"{len(header)}, as in the header")
            features.add_words([row[place] for place in places], where)
            features.labels.append("")  # unknown
            rows.append(row)
    return Unlabelled(header, rows, features.table().features)


def write(path: Path, unlabelled: Unlabelled, predictions: Sequence[object]) -> None:
    """Write the file as it was read, with a column `prediction` behind the others."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*unlabelled.header, "prediction"])
        writer.writerows([*row, one] for row, one in zip(unlabelled.rows, predictions, strict=True))
