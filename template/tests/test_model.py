"""The model's own code. Yours to change."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from conftest import PROJECT

from sagemaker_contract.fitting import fit_and_save
from sagemaker_contract.tabular import read_channel


@pytest.fixture(scope="module")
def table():
    """The sample data."""
    sample = PROJECT / "sample_data" / os.environ["MODEL"] / "input"
    hyperparameters = json.loads((sample / "config" / "hyperparameters.json").read_bytes())
    return read_channel(sample / "data" / "training", hyperparameters.get("target"))


def test_the_model_learns(model, table, tmp_path):
    description = fit_and_save(model, model.Hyperparameters(), table, None, tmp_path)
    assert description.scores["validation_score"] > 0.9


def test_a_regression_learns_too(model, table, tmp_path):
    first = [str(value) for value in table.features[:, 0]]
    without_first = replace(
        table, target=table.columns[0], columns=table.columns[1:], features=table.features[:, 1:].copy(), labels=first
    )
    description = fit_and_save(model, model.Hyperparameters(task="regression"), without_first, None, tmp_path)
    assert description.scores["validation_score"] > 0.9


def test_a_missing_value_gives_a_prediction(model, table, tmp_path):
    fit_and_save(model, model.Hyperparameters(), table, None, tmp_path)
    row = np.full((1, len(table.columns)), np.nan)
    assert np.isfinite(model.predict(model.load(tmp_path), row)).all()
