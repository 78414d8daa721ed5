"""What the tests share: the model's code, and data of their own, so that yours may be of any kind."""

import csv
import json
import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

PROJECT = Path(__file__).parents[1]
MODELS = sorted(path.parent.name for path in PROJECT.glob("code/container/*/model.py"))
os.environ.setdefault("MODEL", MODELS[0])  # for a pytest that the scripts did not start

TARGET = "ripeness"
HEADER = ["length", "width", "weight", "sugar", TARGET]


def fruits(count: int = 200) -> list[list[str]]:
    """Make rows of two classes that lie well apart."""
    random = np.random.default_rng(0)
    labels = ["raw", "ripe, sweet"] * (count // 2)
    return [[*map(str, random.normal(3 * len(label), 2, 4).round(3)), label] for label in labels]


def write_csv(path: Path, header: list[str], rows: list[list[str]]) -> None:
    """Write a file of a channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture(scope="session")
def model():
    """The code of the model: fit, save, load, predict."""
    return import_module(f"{os.environ['MODEL']}.model")


@pytest.fixture
def opt_ml(tmp_path, monkeypatch):
    """A tree like /opt/ml with data and settings, and the environment variable that stands for it."""
    config = tmp_path / "ml" / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps({"target": TARGET}))
    (config / "inputdataconfig.json").write_text('{"training": {"TrainingInputMode": "File"}}')
    (config / "resourceconfig.json").write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')
    write_csv(tmp_path / "ml/input/data/training/fruits.csv", HEADER, fruits())
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "ml"))
    return tmp_path / "ml"


@pytest.fixture
def folder(tmp_path):
    """The folder of a channel, without files."""
    folder = tmp_path / "training"
    folder.mkdir()
    return folder
