"""The four steps from a request to its answer, named as SageMaker's inference toolkit names them."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import artefact, storage
from ..artefact import Description
from ..storage import Predict
from . import media
from .errors import RequestError
from .predictions import Predictions

STEPS = ("model_fn", "input_fn", "predict_fn", "output_fn")


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, as a function of feature rows, and what it was fitted for."""

    predict: Predict
    description: Description
    words: list[Any]  # the classes in the data's own words; empty for a regression


def model_fn(model_dir: str | Path) -> LoadedModel:
    """Load the model from its folder, and try it on a row.

    Raises:
        InputError: model.json is missing, or the files are not those that training wrote.
        Exception: whatever the code that loads it raises.
    """
    folder = Path(model_dir)
    description = artefact.read(folder)
    words = [_own_words(word) for word in description.classes]
    loaded = LoadedModel(storage.load(folder), description, words)
    try:
        predict_fn(_any_row(description, 0.0), loaded)
    except Exception:  # it may take the logarithm of a value, or divide by one
        predict_fn(_any_row(description, 1.0), loaded)
    return loaded


def input_fn(body: bytes, content_type: str) -> np.ndarray:
    """Read the rows of a body, shape (rows, columns)."""
    return media.read_rows(body, content_type)


def join_fn(bodies: list[np.ndarray]) -> np.ndarray:
    """Put the rows of several requests together, to be predicted in one call.

    Raises:
        ValueError: they differ in width.
    """
    return np.concatenate(bodies)


def predict_fn(rows: np.ndarray, loaded: LoadedModel) -> list[Any]:
    """Predict each row: a label in its own words with the probabilities beside it, or a value.

    Raises:
        RequestError: 400, the rows have other columns than the model, or a value is beyond what it can compute with.
    """
    features = loaded.description.names
    if rows.shape[1] != len(features):
        names = ", ".join(features[:5]) + (", ..." if len(features) > 5 else "")
        raise RequestError(400, f"the rows have {rows.shape[1]} values", f"{len(features)} values a row: {names}")
    predicted = np.asarray(loaded.predict(rows))
    if not np.isfinite(predicted).all():
        finite = np.isfinite(predicted.reshape(len(rows), -1)).all(axis=1)
        row = int(np.argmin(finite)) + 1
        raise RequestError(
            400, ": its values lead to no finite prediction", "values like those of the training data", row
        )
    if not loaded.words:
        return predicted.astype(float).tolist()
    labels = [loaded.words[index] for index in predicted.argmax(axis=1).tolist()]
    return Predictions(labels, predicted)


def output_fn(predictions: list[Any] | np.ndarray, accept: str) -> bytes:
    """Write the answer; see `media.write_predictions`."""
    return media.write_predictions(predictions.tolist() if isinstance(predictions, np.ndarray) else predictions, accept)


def _any_row(description: Description, value: float) -> np.ndarray:
    shape = (1, len(description.features))
    return np.full(shape, "a text", dtype=object) if description.reads_text else np.full(shape, value)


def _own_words(word: str) -> Any:
    """Give a label that the training data wrote as a JSON number back as that number."""
    try:
        value = json.loads(word)
    except ValueError:
        return word
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf
    return value if is_number and json.dumps(value) == word else word
