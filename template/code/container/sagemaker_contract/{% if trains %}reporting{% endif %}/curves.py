"""How well scores rank rows: ROC and precision-recall curves, exact for any number of rows, ties included."""

from dataclasses import dataclass

import numpy as np

MOST_POINTS = 300  # of a drawn curve: about one a pixel


@dataclass(frozen=True)
class Ranking:
    """How well a class's probability tells its rows from all others.

    Attributes:
        name: the class.
        rows: number of rows of the class.
        roc: false and true positive rates, both rising from 0 to 1; thinned for drawing.
        precision_recall: recalls, rising to 1, and the precision at each; thinned for drawing.
        auc: area under the whole ROC curve.
        average_precision: mean of the precision over the recall.
    """

    name: str
    rows: int
    roc: tuple[np.ndarray, np.ndarray]
    precision_recall: tuple[np.ndarray, np.ndarray]
    auc: float
    average_precision: float


def rankings(predicted: np.ndarray, targets: np.ndarray, classes: list[str]) -> list[Ranking]:
    """Judge each class against the rest; of two classes, the second alone, since the first mirrors it.

    Args:
        predicted: class probabilities, shape (rows, classes).
        targets: class numbers, shape (rows,).
        classes: names of the classes.

    Returns:
        A ranking for each class but those of which no row was judged, or every row.
    """
    numbers = [1] if len(classes) == 2 else range(len(classes))
    counts = np.bincount(targets, minlength=len(classes))
    return [
        rank(classes[number], predicted[:, number], targets == number)
        for number in numbers
        if 0 < counts[number] < len(targets)
    ]


def rank(name: str, scores: np.ndarray, positive: np.ndarray) -> Ranking:
    """Judge how far the scores of the positive rows stand above those of the others, of which there must be some."""
    false_rate, true_rate = roc(scores, positive)
    recall, precision = precision_recall(scores, positive)
    along_roc, along_recall = thinned(false_rate + true_rate), thinned(recall)
    return Ranking(
        name,
        int(positive.sum()),
        (false_rate[along_roc], true_rate[along_roc]),
        (recall[along_recall], precision[along_recall]),
        area(false_rate, true_rate),
        average_precision(recall, precision),
    )


def roc(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give false and true positive rates from (0, 0) to (1, 1), a point for each different score.

    Args:
        scores: shape (rows,); higher means positive.
        positive: shape (rows,), boolean; both kinds must occur.
    """
    false, true = _positives(scores, positive)
    return np.append(0, false / false[-1]), np.append(0, true / true[-1])


def precision_recall(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give recalls, rising to 1, and the precision at each, a point for each different score; arguments as for roc."""
    false, true = _positives(scores, positive)
    return true / true[-1], true / (true + false)


def area(x: np.ndarray, y: np.ndarray) -> float:
    """Give the area under the straight lines between the points."""
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """Give the sum of precisions, each weighted by the recall it adds."""
    return float(np.sum(np.diff(recall, prepend=0) * precision))


def average_roc(ranked: list[Ranking]) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of the curves' true positive rates, each class counting the same."""
    rates = np.linspace(0, 1, MOST_POINTS)
    mean = np.mean([np.interp(rates, *ranking.roc) for ranking in ranked], axis=0)
    return np.append(0, rates), np.append(0, mean)


def thinned(along: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Choose at most so many points, evenly spread over a quantity that never falls; the first and last are kept."""
    if len(along) <= most:
        return np.arange(len(along))
    chosen = np.searchsorted(along, np.linspace(along[0], along[-1], most - 1))
    return np.unique([0, *chosen[1:-1], len(along) - 1])


def _positives(scores: np.ndarray, positive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count false and true positives with the threshold at each different score, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    last_of_ties = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    true = np.cumsum(positive[order])[last_of_ties]
    return last_of_ties + 1 - true, true
