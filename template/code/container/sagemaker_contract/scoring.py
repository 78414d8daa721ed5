"""How good predictions are, in the same three figures for every framework."""

import numpy as np


def scores(predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Judge predictions.

    Args:
        predicted: class probabilities, shape (rows, classes), or values, shape (rows,).
        targets: class numbers or values, shape (rows,).

    Returns:
        `loss`: log loss, or mean squared error. `score`: accuracy, or R² (the share of the variance explained).
    """
    if predicted.ndim == 2:
        return {"loss": log_loss(predicted, targets), "score": float(np.mean(predicted.argmax(axis=1) == targets))}
    error = float(np.mean((predicted - targets) ** 2))
    variance = float(np.var(targets))
    return {"loss": error, "score": 1 - error / variance if variance else float(error == 0)}


def log_loss(probabilities: np.ndarray, classes: np.ndarray) -> float:
    """Give the mean of -log(probability of the true class)."""
    of_true_class = probabilities[np.arange(len(classes)), classes]
    return float(-np.mean(np.log(np.clip(of_true_class, 1e-15, 1))))
