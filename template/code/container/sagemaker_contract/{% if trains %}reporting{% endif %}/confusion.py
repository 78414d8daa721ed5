"""Which classes are taken for which others."""

import numpy as np


def confusion(predicted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Count rows by true class (first axis) and most probable class (second axis).

    Args:
        predicted: class probabilities, shape (rows, classes).
        targets: class numbers, shape (rows,).
    """
    classes = predicted.shape[1]
    pairs = targets * classes + predicted.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def precision_recall_f1(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give precision, recall and F1 of each class; NaN where a class was never predicted, or never true."""
    right = np.diag(counts)
    said, true = counts.sum(axis=0), counts.sum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0
        return right / said, right / true, 2 * right / (said + true)


def most_confused(counts: np.ndarray, most: int) -> np.ndarray:
    """Choose the classes with the most wrong rows, taken for others or others taken for them; in their own order."""
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    return np.sort(np.argsort(-wrong, kind="stable")[:most])
