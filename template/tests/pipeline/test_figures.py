"""Predictions are scored by what they are: classes or values."""

import tracemalloc

import pytest
from batch_context import context
from settings import config

from batches.inference import figures
from sagemaker_jobs.runs import Step


def score(labels, predicted, task=""):
    return figures.score([*zip(labels.split(), predicted.split(), strict=True)], task).get("served_score")


@pytest.mark.parametrize(
    ("labels", "predicted", "task", "expected"),
    [
        ("1 0 1 0", "1.0 0.0 0.0 0.0", "", 0.75),  # classes as numbers, written in two ways
        ("1.0 0.0", "1 1", "classification", 0.5),
        ("apple pear apple", "apple apple apple", "", 2 / 3),
        ("1 2 unknown", "1.0 2.0 unknown", "", 1.0),  # words among numbers are classes
        ("nan apple", "nan apple", "", 1.0),
        ("0 0 1 1", "1 1 0 0", "", 0.0),
        ("1.5 2.5 3.5", "2.5 2.5 2.5", "", 0.0),  # values of which the predictions happen to be some
        ("1.5 2.5 3.5", "1.5 2.5 3.5", "", 1.0),
        ("1 2 3", "2 2 2", "regression", 0.0),
        ("1 2 3", "2 2 2", "", 1 / 3),
        ("1 2 3", "1.5 2 2.5", "", 0.75),
        (" ".join(map(str, range(30))), " ".join(["14.5"] * 30), "", 0.0),
        ("0.5 1.5", "0.5 0.5", "classification", 0.5),
        ("2 2", "3 3", "regression", 0.0),
        ("", "", "", None),
    ],
)
def test_what_was_served_is_scored(labels, predicted, task, expected):
    assert score(labels, predicted, task) == (pytest.approx(expected) if expected is not None else None)


def test_values_far_from_zero_are_scored_as_those_around_it():
    near, far = [(str(n), str(n + n % 3)) for n in range(50)], [(f"1{n:015}", f"1{n + n % 3:015}") for n in range(50)]
    expected = figures.score(near, "regression")["served_score"]
    assert figures.score(far, "regression")["served_score"] == pytest.approx(expected)


def test_predictions_are_never_all_in_memory():
    tracemalloc.start()
    figures_of_many = figures.score((f"{n}.5", f"{n}.5") for n in range(200_000))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert figures_of_many == {"served_score": 1.0, "rows": 200_000}
    assert most < 2**20


@pytest.mark.parametrize(
    ("hyperparameters", "judged", "expected"),
    [
        ({"task": "regression"}, {"accuracy": 1.0}, "regression"),
        ({"task": "classification"}, {"r2": 1.0}, "classification"),
        ({"task": "auto"}, {"r2": 1.0, "rmse": 1.0}, "regression"),
        ({}, {"accuracy": 1.0}, "classification"),
        ({}, {}, ""),
        ({}, None, ""),
    ],
)
def test_the_task_is_that_of_the_settings_or_the_evaluation(hyperparameters, judged, expected):
    work = context(config(training={"hyperparameters": hyperparameters}))
    if judged is not None:
        work.run.record(Step("evaluation", metrics=judged))
    assert figures.task_of(work) == expected
