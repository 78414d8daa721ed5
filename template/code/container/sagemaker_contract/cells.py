"""One cell of a table as a number, by the same rule in training and in serving."""

import math
from collections.abc import Sequence

LARGEST = 3.4028234e38  # of a 32-bit float: several frameworks compute in 32 bits and stop at infinity
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})


def number(text: str) -> float:
    """Read a cell; an empty one, or a word such as `NA` in any case, is a missing value and gives NaN.

    Raises:
        ValueError: the text is no number, or is beyond the range of a 32-bit float.
    """
    if text.strip().lower() in MISSING:
        return math.nan
    try:
        if "_" in text:  # which float() would leave out: 1_000
            raise ValueError
        value = float(text)
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a number") from None
    return within_range(value)


def numbers(texts: Sequence[str]) -> list[float]:
    """Read the cells of a row by the rule of `number`; quicker, as most cells are plain numbers.

    Raises:
        ValueError: as `number` does.
    """
    try:
        values = list(map(float, texts))
        if math.hypot(*values) <= LARGEST and "_" not in "".join(texts):  # no NaN, no infinity, all within range
            return values
    except ValueError:
        pass
    return [number(text) for text in texts]


def within_range(value: float) -> float:
    """Give the value back.

    Raises:
        ValueError: it is infinite, NaN, or beyond the range of a 32-bit float.
    """
    if not abs(value) <= LARGEST:
        raise ValueError(f"{quoted(value)} is beyond ±{LARGEST:.2g}, the range of a 32-bit number")
    return value


def quoted(value: object) -> str:
    """Show a value in a message, short however long the value is."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def quoted_list(values: list[str]) -> str:
    """Show the first ten values of a list in a message."""
    return ", ".join(map(quoted, values[:10])) + (", ..." if len(values) > 10 else "")
