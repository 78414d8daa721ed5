"""Say in a line what is wrong with a configuration: where it stands, the key, and what is accepted."""

from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sagemaker_jobs.settings import Config

HIDDEN = {"password", "url"}
Layer = tuple[str, dict[str, Any]]
NO_KEYS = {"model_type", "model_attributes_type", "dict_type"}


def first_fault(error: ValidationError, merged: dict[str, Any], layers: list[Layer], path: str) -> str:
    """Describe the first fault.

    Args:
        error: what pydantic found.
        merged: the values it looked at.
        layers: where the values come from, and those values; a later one comes before the earlier.
        path: the file where what is missing should stand.
    """
    faults = error.errors()
    fault = faults[0]
    names = _names(fault, merged)
    key = ".".join(names)
    where = place(layers, names, path)
    if fault["type"] == "value_error":
        return f"{where}: {key}: {fault['msg'].removeprefix('Value error, ')}"
    if fault["type"] == "missing":
        return f"{path}: {key} is missing; accepted: {_example(names, merged) or 'a value for it'}"
    if fault["type"] == "extra_forbidden":
        return f"{where}: {key} is unknown; accepted: {', '.join(sorted(_fields(names[:-1], merged)))}"
    if fault["type"].startswith("union_tag"):
        models = _models(Config.model_fields[names[0]].annotation)
        accepted = ", ".join(kind for model in models for kind in _kinds(model))
        found = repr(fault["input"]["kind"]) if "kind" in fault["input"] else "missing"
        return f"{where}: {key}.kind is {found}; accepted: {accepted}"
    accepted = dict.fromkeys(_accepted(one, names, merged) for one in faults if _names(one, merged) == names)
    return f"{where}: {key} {_shown(names[-1], fault['input'])}; accepted: {' or '.join(accepted)}"


def place(layers: list[Layer], names: list[str], otherwise: str) -> str:
    """Give the place whose value of these keys counts."""
    return next((place for place, values in reversed(layers) if _holds(values, names)), otherwise)


def _names(fault: dict[str, Any], values: Any) -> list[str]:
    """Give the keys that lead to a fault; pydantic names the members of unions in between."""
    names = []
    for part in fault["loc"]:
        if part in values if isinstance(values, dict) else isinstance(values, list) and isinstance(part, int):
            values = values[part]
            names.append(str(part))
    return [*names, str(fault["loc"][-1])] if fault["type"] == "missing" else names


def _holds(values: Any, names: list[str]) -> bool:
    for name in names:
        if not isinstance(values, dict):
            return True
        if name not in values:
            return False
        values = values[name]
    return True


def _fields(names: list[str], values: Any) -> dict[str, FieldInfo]:
    """Give what may stand below these keys; of several kinds of source, below the one that is chosen."""
    models: list[type[BaseModel]] = [Config]
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
        below = [model.model_fields[name].annotation for model in models if name in model.model_fields]
        models = [model for annotation in below for model in _models(annotation)] if below else models
    kind = values.get("kind") if isinstance(values, dict) else None
    chosen = [model for model in models if kind in _kinds(model)]
    return {name: field for model in chosen or models for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()


def _example(names: list[str], values: Any) -> str:
    field = _fields(names[:-1], values).get(names[-1])
    return f"a text such as {field.examples[0]}" if field and field.examples else ""


def _accepted(fault: dict[str, Any], names: list[str], values: Any) -> str:
    if fault["type"] in NO_KEYS:
        below = sorted(_fields(names, values)) if fault["type"] != "dict_type" else []
        return f"keys below it: {', '.join(below)}" if below else "keys below it"
    if fault["type"] == "string_pattern_mismatch":
        return _example(names, values) or f"a text that matches {fault['ctx']['pattern']}"
    return fault["msg"].removeprefix("Input should be ")


def _shown(name: str, value: Any) -> str:
    """Show what was given, short, and never what may be a password."""
    if name in HIDDEN:
        return "cannot be used"
    text = repr(value)
    return f"is {text if len(text) <= 60 else f'{text[:57]}...'}"
