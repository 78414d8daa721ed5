"""Read an environment's configuration: base.yml, and over it the file of the environment beside it."""

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sagemaker_jobs.settings import Config

from .config_faults import Layer, first_fault, place

BASE = "base.yml"
CONFIGS = Path(__file__).resolve().parents[1] / "configs"
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")  # of the environment
KEY = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")  # of the configuration itself


class ConfigError(Exception):
    """A configuration, or what it names, cannot be used; the message says what was wrong and what is accepted."""


def folder_of_environments() -> Path:
    """Give the folder of the environments' files: that of the model that MODEL names, where it has its own."""
    own = CONFIGS / os.environ.get("MODEL", "")
    return own if (own / BASE).is_file() else CONFIGS


def read(path: Path, changes: Mapping[str, str] = {}) -> Config:
    """Read the configuration of an environment.

    References, such as secret:NAME, stay as they are: what needs the value asks for it, and no configuration holds it.

    Args:
        path: its file; `base.yml` beside it has what it does not.
        changes: values by dotted keys, such as training.instance_count, which come before both files'.

    Raises:
        ConfigError: a file or a key is missing, unknown or wrong; names the file, the key and what is accepted.
    """
    base = path.parent / BASE
    files = [base, path] if path.name != BASE and base.is_file() else [path]
    layers = [(str(file), _values(file)) for file in files]
    layers += [("--set", _nested(key, text)) for key, text in changes.items()]
    merged = reduce(_merge, (values for _, values in layers), {"environment": path.stem})
    merged = _with_keys(_with_keys(merged, layers), layers)  # twice, for a key whose value names another
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(first_fault(error, merged, layers, str(path))) from None


def _values(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        folder = file.parent if (file.parent / BASE).is_file() else folder_of_environments()
        found = ", ".join(str(one) for one in sorted(folder.glob("*.yml")) if one.name != BASE)
        raise ConfigError(f"{file}: {error.strerror}; accepted: {found or 'an environment, as YAML'}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: byte {error.start} is no UTF-8; accepted: YAML in UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise ConfigError(f"{file}{line}: {problem}; accepted: YAML") from None
    if values is None:  # an empty file, or comments alone
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{file}: it holds no keys; accepted: YAML with a key a line, such as region: us-east-1")
    return _map(values, lambda key, text: _filled(f"{file}: {key}", text))


def _filled(where: str, text: str) -> str:
    """Put in the environment variables that a text names, as ${NAME} or ${NAME:-default}; an empty one is unset."""

    def value(match: re.Match) -> str:
        found = os.environ.get(match[1]) or match[2]
        if found is None:
            raise ConfigError(f"{where}: the environment variable {match[1]} is not set; accepted: any value in it")
        return found

    return VARIABLE.sub(value, text)


def _with_keys(merged: dict[str, Any], layers: list[Layer]) -> dict[str, Any]:
    """Put in the values that a text names as ${key}, such as ${project}."""
    known = {name: value for name, value in merged.items() if isinstance(value, str)}

    def filled(key: str, text: str) -> str:
        if unknown := set(KEY.findall(text)) - known.keys():
            where = place(layers, key.split("."), BASE)
            raise ConfigError(f"{where}: {key}: {min(unknown)!r} is no key; accepted: {', '.join(sorted(known))}")
        return KEY.sub(lambda match: known[match[1]], text)

    return _map(merged, filled)


def _map(values: Any, change: Callable[[str, str], str], key: str = "") -> Any:
    if isinstance(values, dict):
        return {name: _map(value, change, f"{key}.{name}".removeprefix(".")) for name, value in values.items()}
    if isinstance(values, list):
        return [_map(value, change, f"{key}.{index}") for index, value in enumerate(values)]
    return change(key, values) if isinstance(values, str) else values


def _merge(under: Any, over: Any, key: str = "") -> Any:
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    if key == "source" and over.get("kind", under.get("kind")) != under.get("kind"):  # which has other keys
        return over
    return {**under, **{name: _merge(under.get(name), value, name) for name, value in over.items()}}


def _nested(key: str, text: str) -> dict[str, Any]:
    """Give a value of --set under its keys; what is no JSON is a text."""
    if not all(key.split(".")):
        raise ConfigError(f"--set {key}={text}: a key is empty; accepted: KEY=VALUE, such as training.spot=true")
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return reduce(lambda below, name: {name: below}, reversed(key.split(".")), value)
