"""JSON lines: an object a line, a column a key."""

import io
import json
from collections.abc import Iterator

from ..cells import quoted
from ..errors import InputError
from .features import Rows
from .sources import Source, text_lines
from .words import word

ACCEPTED = "a JSON object a line, with the same keys in each"


def read(source: Source, stream: io.BufferedReader, rows: Rows) -> None:
    """Add all rows.

    Raises:
        InputError: names the source, the line and the cause.
    """
    # The pairs of an object become a tuple, so that a key that comes twice is seen; JSON's own lists are lists.
    decode = json.JSONDecoder(object_pairs_hook=tuple, parse_constant=_refuse).decode
    names: tuple[str, ...] = ()
    for line, text in _lines(source, stream):
        where = f"{source.name}, line {line}"
        try:
            pairs = decode(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{where}: not JSON ({error})", ACCEPTED) from None
        if not isinstance(pairs, tuple):
            raise InputError(f"{where}: {quoted(pairs)} is no JSON object", ACCEPTED)
        given = tuple(name for name, _ in pairs)
        if given != names or not names:
            pick = rows.agree(where, list(given))
            names = given
        *cells, label = pick([value for _, value in pairs])
        rows.add_values(cells, where)
        rows.label(word(label, where), where)


def count(source: Source, stream: io.BufferedReader) -> int:
    """Count the rows without reading them."""
    return sum(1 for _ in _lines(source, stream))


def _lines(source: Source, stream: io.BufferedReader) -> Iterator[tuple[int, str]]:
    numbered = enumerate(text_lines(source, stream), start=1)
    return ((line, text) for line, text in numbered if text.strip())


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; null is a missing value")
