"""Labels as words: those that CSV would have for them, and what the words mean."""

from typing import Any

from ..cells import number
from ..errors import InputError

EXACT = 1 << 53  # up to here a float holds every whole number


def word(value: Any, where: str) -> str:
    """Give a label as a word: true and false as in JSON, 1 for 1.0, nothing for a missing value.

    Raises:
        InputError: it is a list or an object.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, list | tuple | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        raise InputError(f"{where}: the label is {kind}", "words, numbers, true or false")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and abs(value) <= EXACT and value.is_integer():
        value = int(value)
    return str(value).strip()


def meaning(word: str) -> str | float:
    """Give a label that is a number as that number: 1 and 1.0 are the same class."""
    try:
        value = number(word)
    except ValueError:
        return word
    return value if value == value else word
