"""From a table to what a model fits: class numbers or values, and rows held out for validation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .cells import MISSING, number, quoted, quoted_list
from .errors import InputError
from .tabular import Table

Task = Literal["classification", "regression"]
MOST_NUMBERED_CLASSES = 20


@dataclass(frozen=True)
class Dataset:
    """What a model is fitted on or judged by.

    Attributes:
        features: shape (rows, columns); float64 with NaN for a missing value, or texts as objects.
        targets: shape (rows,); int64 class numbers from 0, or float64 values for a regression.
    """

    features: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, rows: np.ndarray) -> "Dataset":
        """Give the rows of these numbers."""
        return Dataset(self.features[rows], self.targets[rows])


def infer_task(labels: list[str]) -> Task:
    """Words, or at most 20 different whole numbers, are classes; other numbers are values."""
    known = {word for word in labels if word.lower() not in MISSING}
    if not known or not all(_is_number(word) for word in known):
        return "classification"
    whole = all(float(word).is_integer() for word in known)
    return "classification" if whole and len(known) <= MOST_NUMBERED_CLASSES else "regression"


def find_classes(labels: list[str]) -> list[str]:
    """List the different labels, words by alphabet and numbers by size, of which 1 and 1.0 are the same.

    Raises:
        InputError: all labels are the same, or one is missing among numbers.
    """
    known = {word for word in labels if word.lower() not in MISSING}
    if not known or not all(_is_number(word) for word in known):
        classes = sorted(set(labels))
    elif missing := set(labels) - known:
        raise InputError(f"the label {quoted(min(missing))} among numbers is a missing value", "a label in every row")
    else:
        by_value = {float(word): word for word in sorted(known, key=lambda word: (-len(word), word))}
        classes = [by_value[value] for value in sorted(by_value)]
    if len(classes) < 2:
        raise InputError(f"the label of every row is {quoted(classes[0])}", "at least two classes")
    return classes


def make_dataset(table: Table, classes: list[str]) -> Dataset:
    """Turn labels into class numbers, or into values where there are no classes.

    Raises:
        InputError: a label is none of the classes, or is no number in a regression.
    """
    if not classes:
        return Dataset(table.features, np.array([_value(word, table) for word in table.labels]))
    meaning = number if all(map(_is_number, classes)) else str
    numbers = {meaning(word): index for index, word in enumerate(classes)}
    try:
        return Dataset(table.features, np.array([numbers[meaning(word)] for word in table.labels], dtype=np.int64))
    except (KeyError, ValueError):
        unknown = next(word for word in table.labels if word not in classes)
        raise InputError(f"label {quoted(unknown)} {_where(table)} is unknown", quoted_list(classes)) from None


def hold_out(dataset: Dataset, seed: int, stratify: bool) -> tuple[Dataset, Dataset]:
    """Keep a fifth of the rows for validation; of each class, if stratified, but never a class's only row.

    Returns:
        Training and validation rows. Both are all of them where a fifth is no row: of few rows, or small classes.
    """
    shuffled = np.random.default_rng(seed).permutation(len(dataset))
    if stratify:
        shuffled = shuffled[np.argsort(dataset.targets[shuffled], kind="stable")]
        held = np.concatenate([rows[: len(rows) // 5] for rows in _by_class(shuffled, dataset.targets)])
    else:
        held = shuffled[: len(dataset) // 5]
    if not len(held):
        return dataset, dataset
    return dataset.take(np.setdiff1d(shuffled, held)), dataset.take(np.sort(held))


def _by_class(rows: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    return np.split(rows, np.flatnonzero(np.diff(targets[rows])) + 1)


def _is_number(word: str) -> bool:
    try:
        return not np.isnan(number(word))
    except ValueError:
        return False


def _value(word: str, table: Table) -> float:
    if not _is_number(word):
        raise InputError(f"label {quoted(word)} {_where(table)} is not a number", "numbers for a regression")
    return number(word)


def _where(table: Table) -> str:
    return f"of column {quoted(table.target)} in channel {table.channel!r}"
