"""CSV with a header row."""

import csv
import io
import logging
from collections.abc import Iterator

from ..cells import number, quoted_list
from ..errors import InputError
from .features import Rows
from .rows import ONE_TABLE
from .sources import Source, text_lines

logger = logging.getLogger(__name__)


def read(source: Source, stream: io.BufferedReader, rows: Rows) -> None:
    """Add all rows.

    Raises:
        InputError: names the source, the line and the cause.
    """
    found = records(source, stream)
    _, header = next(found, (0, None))
    if header is None:
        return
    header = [name.strip() for name in header]
    if any(map(_is_number, header)):
        logger.warning("%s: the header row has numbers for names (%s); is it data?", source.name, quoted_list(header))
    pick = rows.agree(source.name, header)
    for line, row in found:
        where = f"{source.name}, line {line}"
        if len(row) != len(header):
            raise InputError(f"{where}: {len(row)} values", f"{len(header)}, as in the header")
        *cells, label = pick(row)
        rows.add_words(cells, where)
        rows.label(label.strip(), where)


def count(source: Source, stream: io.BufferedReader) -> int:
    """Count the rows without reading their cells."""
    return max(sum(1 for _ in records(source, stream)) - 1, 0)


def records(source: Source, stream: io.BufferedReader) -> Iterator[tuple[int, list[str]]]:
    """Give the header and each row with its line number, without blank lines and the headers of further files.

    Raises:
        InputError: names the source, the line and the cause.
    """
    reader = csv.reader(text_lines(source, stream), strict=True)
    header = None
    try:
        for row in reader:
            if row and not (source.is_stream and row == header):
                yield reader.line_num, row
                header = header or row
    except csv.Error as error:
        cause = "a line ends in CR alone" if "new-line" in str(error) else error
        raise InputError(f"{source.name}, line {reader.line_num}: {cause}", ONE_TABLE) from None


def _is_number(name: str) -> bool:
    try:
        return bool(name) and number(name) == number(name)
    except ValueError:
        return False
