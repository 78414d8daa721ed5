"""input/config/hyperparameters.json: flat, every value a string, checked against the model's own types."""

import json
import logging
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..cells import quoted
from ..errors import InputError

Model = TypeVar("Model", bound=BaseModel)
PLATFORM = ("sagemaker_", "_tuning_objective_metric")  # set by SageMaker and its SDK, not for the model
logger = logging.getLogger(__name__)


def read(path: Path, model: type[Model]) -> Model:
    """Read hyperparameters.json; a file that is not there means all defaults.

    Unknown names are warned about and left out.

    Raises:
        InputError: the file is no JSON object, or a value is wrong; names the field, the value and what is accepted.
    """
    given = {name: decode(value) for name, value in _load(path).items() if not name.startswith(PLATFORM)}
    for name in sorted(set(given) - set(model.model_fields)):
        logger.warning("unknown hyperparameter %s is ignored; known: %s", quoted(name), ", ".join(model.model_fields))
    try:
        return model.model_validate({name: value for name, value in given.items() if name in model.model_fields})
    except ValidationError as error:
        raise _wrong_value(error, given, model) from None


def decode(value: Any) -> Any:
    """Undo one JSON encoding; numbers and true/false stay text, so that the field's type decides what they are."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return value if isinstance(decoded, bool | int | float) else decoded


def _load(path: Path) -> dict[str, Any]:
    accepted = 'a JSON object of strings, such as {"seed": "1"}'
    try:
        loaded = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error})", accepted) from None
    if not isinstance(loaded, dict):
        raise InputError(f"{path} holds a JSON {type(loaded).__name__}", accepted)
    return loaded


def _wrong_value(error: ValidationError, given: dict[str, Any], model: type[BaseModel]) -> InputError:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ", ".join(given)
    value = quoted(given[name]) if name in given else "not given"
    accepted = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ").partition(", unable")[0]
    field = model.model_fields.get(name)
    if field is not None and field.description:
        accepted += f" ({field.description})"
    return InputError(f"hyperparameter {name} is {value}", accepted)
