"""The figures of an evaluation, flat, so that a step of a pipeline can ask for one by name."""

import numpy as np

from ..scoring import log_loss, scores
from .curves import rankings

QUANTILES = [5, 25, 50, 75, 95]  # per cent


def summary(predicted: np.ndarray, targets: np.ndarray, classes: list[str]) -> dict[str, float]:
    """Judge predictions.

    Args:
        predicted: class probabilities, shape (rows, classes), or values, shape (rows,).
        targets: class numbers or values, shape (rows,).
        classes: names of the classes; none for a regression.

    Returns:
        `accuracy`, `log_loss` and `auc`, or `r2`, `rmse` and `mae`. The AUC is that of the second of two classes, or
        the mean over the classes, each against the rest; it is left out where the rows are all of one class.
    """
    if not classes:
        judged = scores(predicted, targets)
        errors = np.abs(predicted - targets)
        return {"r2": judged["score"], "rmse": judged["loss"] ** 0.5, "mae": float(np.mean(errors))}
    figures = {
        "accuracy": float(np.mean(predicted.argmax(axis=1) == targets)),
        "log_loss": log_loss(predicted, targets),
    }
    ranked = rankings(predicted, targets, classes)
    if ranked:
        figures["auc"] = float(np.mean([ranking.auc for ranking in ranked]))
    return figures


def quantiles(values: np.ndarray) -> list[float]:
    """Give the values that 5, 25, 50, 75 and 95 % of all lie below."""
    return [float(value) for value in np.percentile(values, QUANTILES)]
