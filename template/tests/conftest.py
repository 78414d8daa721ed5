"""What the tests share: the model's code, and data of their own, so that yours may be of any kind."""

import csv
import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from fruits import HEADER, TARGET, fruits

PROJECT = Path(__file__).parents[1]
MODELS = sorted(path.parent.name for path in PROJECT.glob("code/container/*/model.py"))
os.environ.setdefault("MODEL", MODELS[0])  # for a pytest that the scripts did not start


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
