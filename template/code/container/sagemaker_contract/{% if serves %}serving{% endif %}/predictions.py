"""Labels together with the class probabilities that they come from."""

from typing import Any

import numpy as np


class Predictions(list):
    """A label a row, and the probability of each class in each row.

    A plain list of labels to code that knows no more; a slice of it keeps the probabilities.

    Attributes:
        probabilities: shape (rows, classes), the classes in the order of model.json.
    """

    def __init__(self, labels: list[Any], probabilities: np.ndarray) -> None:
        super().__init__(labels)
        self.probabilities = probabilities

    def __getitem__(self, index: Any) -> Any:
        """Give a label, or the predictions of some rows."""
        if isinstance(index, slice):
            return Predictions(super().__getitem__(index), self.probabilities[index])
        return super().__getitem__(index)

    def with_probabilities(self) -> list[dict[str, Any]]:
        """Give an object a row, as SageMaker Clarify and Model Monitor read it.

        Of two classes, `probability` is the second one's: those services want one number there.
        """
        rows = [
            {"predicted_label": label, "probabilities": probabilities}
            for label, probabilities in zip(self, self.probabilities.tolist(), strict=True)
        ]
        if self.probabilities.shape[1] == 2:
            for row in rows:
                row["probability"] = row["probabilities"][1]
        return rows


def joined(parts: list[Any]) -> Any:
    """Put the predictions of a body's parts together."""
    labels = [label for part in parts for label in part]
    if all(isinstance(part, Predictions) for part in parts):
        return Predictions(labels, np.concatenate([part.probabilities for part in parts]))
    return labels
