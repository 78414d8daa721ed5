"""The code of the model that `MODEL` names."""

import os
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from .errors import InputError


def code(part: str) -> ModuleType:
    """Import a part of the model's code, such as `model` or `jobs.training`.

    Raises:
        InputError: `MODEL` names no such folder.
    """
    return import_module(f"{_name()}.{part}")


def has(part: str) -> bool:
    """Tell whether the model's code has this part."""
    return find_spec(f"{_name()}.{part}") is not None


def _name() -> str:
    name = os.environ.get("MODEL", "")
    if not name.isidentifier() or find_spec(name) is None:
        raise InputError(f"MODEL is {name!r}", "the name of a folder beside this package, with the model's code")
    return name
