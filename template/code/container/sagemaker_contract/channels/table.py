"""The table that a channel becomes."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from ..cells import number

ROWS_AT_A_TIME = 4096


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
        """The SHA-256 of names, features and labels: the same for the same rows in whatever format they came."""
        digest = hashlib.sha256(json.dumps([self.columns, self.target]).encode())
        for start in range(0, len(self.labels), ROWS_AT_A_TIME):
            rows = self.features[start : start + ROWS_AT_A_TIME] + 0.0  # a copy, and -0.0 becomes 0.0
            rows[np.isnan(rows)] = np.nan  # one of the many bit patterns
            digest.update(rows.astype("<f8").tobytes())
            digest.update(json.dumps([_meaning(word) for word in self.labels[start : start + ROWS_AT_A_TIME]]).encode())
        return digest.hexdigest()

    @property
    def types(self) -> list[str]:
        """The type of each feature: `integer`, or `number` where a value is no whole number."""
        whole = np.ones(len(self.columns), dtype=bool)
        for start in range(0, len(self.labels), ROWS_AT_A_TIME):
            rows = self.features[start : start + ROWS_AT_A_TIME]
            whole &= (np.isnan(rows) | (rows == np.floor(rows))).all(axis=0)
        return ["integer" if one else "number" for one in whole]


def _meaning(word: str) -> str | float:
    """Give a label that is a number as that number: 1 and 1.0 are the same class."""
    try:
        value = number(word)
    except ValueError:
        return word
    return value if value == value else word
