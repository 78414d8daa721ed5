"""How much a model needs each column: what its loss grows by once that column's values are shuffled."""

from collections.abc import Callable

import numpy as np

from ..dataset import Dataset
from ..scoring import scores

MOST_ROWS = 1000
MOST_COLUMNS = 500


def importance(
    predict: Callable[[np.ndarray], np.ndarray], dataset: Dataset, names: list[str], seed: int
) -> dict[str, float]:
    """Measure every column by one prediction of at most 1,000 rows.

    Args:
        predict: gives class probabilities or values for features of shape (rows, columns).
        dataset: rows to judge by; of more than 1,000, so many are drawn.
        names: names of the columns.
        seed: decides which rows are drawn and how they are shuffled.

    Returns:
        The growth of the loss by name, near 0 or below for a column that the model does not need. Nothing for more
        than 500 columns, which would take too long, nor for texts, of which one column is often all there is.
    """
    if len(names) > MOST_COLUMNS or not len(dataset) or dataset.features.dtype == object:
        return {}
    random = np.random.default_rng(seed)
    drawn = dataset.take(np.sort(random.permutation(len(dataset))[:MOST_ROWS]))
    loss = scores(predict(drawn.features), drawn.targets)["loss"]
    growth = {}
    for column, name in enumerate(names):
        shuffled = drawn.features.copy()
        shuffled[:, column] = random.permutation(shuffled[:, column])
        growth[name] = scores(predict(shuffled), drawn.targets)["loss"] - loss
    return growth
