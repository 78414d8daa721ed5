"""What a report is made of."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..artefact import Description


@dataclass(frozen=True)
class Evidence:
    """A model's predictions beside the truth, and what is known of its making.

    Attributes:
        title: heads the page, such as `churn: training`.
        description: what the model was fitted for.
        predicted: class probabilities, shape (rows, classes), or values, shape (rows,).
        targets: the true class numbers or values, shape (rows,).
        importance: how much the loss grows without a column, by the column's name; empty where it was not measured.
        history: figures of each round or epoch, such as `{"round": 3, "train_loss": 0.2, "validation_loss": 0.3}`.
    """

    title: str
    description: Description
    predicted: np.ndarray
    targets: np.ndarray
    importance: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    def without_broken_rows(self) -> "Evidence":
        """Leave the rows out whose prediction is NaN or infinite, of which no curve can be drawn."""
        sound = np.isfinite(self.predicted).all(axis=tuple(range(1, self.predicted.ndim)))
        return replace(self, predicted=self.predicted[sound], targets=self.targets[sound])
