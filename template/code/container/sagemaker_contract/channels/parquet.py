"""Parquet, a batch of rows at a time."""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

from ..errors import InputError
from .features import Rows
from .sources import Source
from .words import word

MAGIC = b"PAR1"  # a file begins and ends with it
ACCEPTED = "a whole Parquet file"
ROWS_AT_A_TIME = 4096


def read(source: Source, stream: io.BufferedReader, rows: Rows) -> None:
    """Add all rows.

    Raises:
        InputError: names the source, the row and the cause.
    """
    if source.is_stream:
        raise InputError(
            f"{source.name} is Parquet, which begins to read at its end", "File or FastFile mode for Parquet"
        )
    with tempfile.TemporaryFile() as unpacked:
        if not isinstance(stream.raw, io.FileIO):  # gzipped: reading needs to jump in the file
            shutil.copyfileobj(stream, unpacked)
            stream = unpacked
        done = 0
        for batch in _batches(source.name, stream):
            if not done:
                pick = rows.agree(source.name, batch.column_names)
            *columns, labels = pick(batch.columns)
            rows.add_columns(columns, source.name, done)
            for number, label in enumerate(labels.to_pylist(), start=done + 1):
                where = f"{source.name}, row {number}"
                rows.label(word(label, where), where)
            done += batch.num_rows


def _batches(name: str, stream: io.BufferedReader) -> Iterator[Any]:
    try:
        from arro3.io import read_parquet
    except ImportError:
        raise InputError(f"{name} is Parquet, and arro3-io is not installed", "CSV, or arro3-io as a library") from None
    stream.seek(-len(MAGIC), os.SEEK_END)
    if stream.read() != MAGIC:
        raise InputError(f"{name}: its end is missing, or it is no Parquet", ACCEPTED)
    stream.seek(0)
    try:
        yield from read_parquet(stream, batch_size=ROWS_AT_A_TIME)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the library, in Rust, panics: that is no Exception
        raise InputError(f"{name}: broken Parquet ({error})", ACCEPTED) from None
