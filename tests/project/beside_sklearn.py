"""The figures of a report beside scikit-learn's own; test_figures.py runs this in the environment of a project."""

import numpy as np
import pytest
from sagemaker_contract.reporting import curves, summary
from sagemaker_contract.reporting.confusion import confusion, precision_recall_f1
from sklearn import metrics


def judged(classes: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    """Make probabilities that lean to the truth; few decimals make many ties."""
    random = np.random.default_rng(classes)
    targets = random.integers(0, classes, 500)
    scores = random.random((500, classes))
    scores[np.arange(500), targets] += 0.4
    predicted = (scores / scores.sum(axis=1, keepdims=True)).round(decimals)
    predicted[:, -1] = 1 - predicted[:, :-1].sum(axis=1)
    return predicted, targets


@pytest.mark.parametrize("decimals", [1, 2, 15])
def test_two_classes(decimals):
    predicted, targets = judged(2, decimals)
    (ranking,) = curves.rankings(predicted, targets, ["no", "yes"])
    assert ranking.auc == pytest.approx(metrics.roc_auc_score(targets, predicted[:, 1]))
    assert ranking.average_precision == pytest.approx(metrics.average_precision_score(targets, predicted[:, 1]))
    false, true, _ = metrics.roc_curve(targets, predicted[:, 1], drop_intermediate=False)
    assert np.allclose(curves.roc(predicted[:, 1], targets == 1), (false, true))
    precision, recall, _ = metrics.precision_recall_curve(targets, predicted[:, 1])
    assert np.allclose(curves.precision_recall(predicted[:, 1], targets == 1), (recall[-2::-1], precision[-2::-1]))
    assert summary(predicted, targets, ["no", "yes"])["log_loss"] == pytest.approx(metrics.log_loss(targets, predicted))


@pytest.mark.parametrize("decimals", [2, 15])
def test_three_classes(decimals):
    predicted, targets = judged(3, decimals)
    figures = summary(predicted, targets, ["a", "b", "c"])
    assert figures["auc"] == pytest.approx(metrics.roc_auc_score(targets, predicted, multi_class="ovr"))
    assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(targets, predicted.argmax(axis=1)))
    ranked = curves.rankings(predicted, targets, ["a", "b", "c"])
    expected = metrics.average_precision_score(np.eye(3)[targets], predicted)
    assert np.mean([ranking.average_precision for ranking in ranked]) == pytest.approx(expected)
    counts = confusion(predicted, targets)
    assert (counts == metrics.confusion_matrix(targets, predicted.argmax(axis=1))).all()
    by_class = metrics.precision_recall_fscore_support(targets, predicted.argmax(axis=1))[:3]
    assert np.allclose(precision_recall_f1(counts), by_class)


def test_values():
    targets = np.random.default_rng(0).normal(5, 2, 300)
    predicted = targets + np.random.default_rng(1).normal(size=300)
    figures = summary(predicted, targets, [])
    assert figures["r2"] == pytest.approx(metrics.r2_score(targets, predicted))
    assert figures["rmse"] == pytest.approx(metrics.root_mean_squared_error(targets, predicted))
    assert figures["mae"] == pytest.approx(metrics.mean_absolute_error(targets, predicted))
