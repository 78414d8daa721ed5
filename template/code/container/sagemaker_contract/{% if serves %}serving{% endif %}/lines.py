"""A large body of lines, in parts that fit into memory."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from .errors import RequestError
from .incoming import StoredBody

PART = 2**20  # bytes
MOST = 16 * PART  # of a part in which no row ends
QUOTED = re.compile(rb'"(?<![^,\r\n]")(?:[^"]++|"")*+("?)')  # a cell; elsewhere in a cell a quote is a letter


def parts(body: bytes | StoredBody, is_quoted: bool) -> Iterator[bytes]:
    """Cut a body after a line's end, into parts of about a megabyte; a part has no empty lines at its end.

    Empty lines between rows stay at the start of the next part, so that reading it finds them.

    Args:
        body: the whole body.
        is_quoted: whether a row may hold line breaks, in double quotes, as in CSV.

    Raises:
        RequestError: 400, there is no end of a row for megabytes.
    """
    file: BinaryIO = io.BytesIO(body) if isinstance(body, bytes) else body.file
    left = b""
    while more := file.read(PART):
        left += more
        left += file.readline(PART)
        end = len(left.rstrip(b"\r\n"))
        is_in_quotes = is_quoted and _ends_in_quotes(left)
        if end and left.endswith(b"\n") and not is_in_quotes:
            part, left = left[:end], left[end:].removeprefix(b"\r").removeprefix(b"\n")
            yield part
        elif len(left) > MOST:
            raise RequestError(400, f"no row ends within {MOST // 2**20} MB", "a row a line")
    if left.strip(b"\r\n"):
        yield left


def _ends_in_quotes(lines: bytes) -> bool:
    """Tell whether the last cell is quoted and goes on."""
    return any(not cell[1] for cell in QUOTED.finditer(lines.removeprefix(codecs.BOM_UTF8)))
