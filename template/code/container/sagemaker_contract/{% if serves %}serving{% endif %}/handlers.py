"""The four steps from a request to its answer, named as SageMaker's inference toolkit names them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import artefact, models
from ..artefact import Description
from . import media
from .errors import RequestError


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory, the code that predicts with it, and what it was fitted for."""

    model: Any
    code: Any
    description: Description


def model_fn(model_dir: str | Path) -> LoadedModel:
    """Load the model from its folder with the code that `MODEL` names, and try it on one row.

    Raises:
        InputError: model.json is missing, or the files are not those that training wrote.
        Exception: whatever the model's own code raises.
    """
    folder = Path(model_dir)
    description = artefact.read(folder)
    code = models.code("model")
    loaded = LoadedModel(code.load(folder), code, description)
    predict_fn(np.zeros((1, len(description.features))), loaded)
    return loaded


def input_fn(body: bytes, content_type: str) -> np.ndarray:
    """Read the rows of a body; see `media.read_rows`."""
    return media.read_rows(body, content_type)


def predict_fn(rows: np.ndarray, loaded: LoadedModel) -> list[Any]:
    """Predict each row: a label in its own words, or a value.

    Raises:
        RequestError: 400, the rows have other columns than the model, or a value is beyond what it can compute with.
    """
    features = loaded.description.names
    if rows.shape[1] != len(features):
        names = ", ".join(features[:5]) + (", ..." if len(features) > 5 else "")
        raise RequestError(400, f"the rows have {rows.shape[1]} values", f"{len(features)} values a row: {names}")
    predicted = np.asarray(loaded.code.predict(loaded.model, rows))
    finite = np.isfinite(predicted.reshape(len(rows), -1)).all(axis=1)
    if not finite.all():
        wrong = f"row {int(np.argmin(finite)) + 1}: its values lead to no finite prediction"
        raise RequestError(400, wrong, "values like those of the training data")
    if not loaded.description.classes:
        return predicted.astype(float).tolist()
    words = [_own_words(word) for word in loaded.description.classes]
    return [words[index] for index in predicted.argmax(axis=1)]


def output_fn(predictions: list[Any], accept: str) -> bytes:
    """Write the answer; see `media.write_predictions`."""
    return media.write_predictions(predictions, accept)


def _own_words(word: str) -> Any:
    """Give a label that the training data wrote as a JSON number back as that number."""
    try:
        value = json.loads(word)
    except ValueError:
        return word
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and json.dumps(value) == word else word
