"""What rows are read from: a file of a channel, or one epoch of a pipe; gzipped or not."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..errors import InputError

GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # its byte order marks
LONGEST_LINE = 1 << 26  # bytes
BUFFER = 1 << 16


class Source:
    """A file of a channel.

    Attributes:
        name: what messages call it.
        content_type: what the job says that it holds, if anything.
        is_stream: whether its bytes come once and in order, and may be several files behind one another.
        unfinished: number and bytes of the last line, once it is read, where no line break ends it.
    """

    is_stream = False

    def __init__(self, path: Path, content_type: str | None = None) -> None:
        self.path = path
        self.name = str(path)
        self.content_type = content_type
        self.unfinished: tuple[int, bytes] | None = None

    def open_raw(self) -> io.RawIOBase:
        """Open the bytes as they are."""
        return self.path.open("rb", buffering=0)

    @contextmanager
    def open(self) -> Iterator[io.BufferedReader]:
        """Open the bytes, unpacked where they are gzipped.

        Raises:
            InputError: they cannot be read, then or later.
        """
        try:
            with io.BufferedReader(self.open_raw(), BUFFER) as stream:
                if stream.peek(2)[:2] == GZIP:
                    yield io.BufferedReader(gzip.GzipFile(fileobj=stream), BUFFER)
                else:
                    yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputError(f"{self.name}: broken gzip data ({error})", "a whole gzip file") from None
        except OSError as error:
            raise InputError(f"{self.name} cannot be read ({error.strerror or error})", "a readable file") from None


def text_lines(source: Source, stream: io.BufferedReader) -> Iterator[str]:
    """Give every line with its line break.

    Raises:
        InputError: a line is not UTF-8, holds a NUL byte, or has no end.
    """
    for number, line in enumerate(iter(partial(stream.readline, LONGEST_LINE), b""), start=1):
        if not line.endswith(b"\n"):
            if len(line) == LONGEST_LINE:
                raise InputError(f"{source.name}, line {number}: longer than {LONGEST_LINE} bytes", "shorter lines")
            source.unfinished = (number, line)
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            cause = "UTF-16" if line.startswith(UTF_16) else f"byte {error.start + 1}: {error.reason}"
            raise InputError(f"{source.name}, line {number}: not UTF-8 text ({cause})", "UTF-8 text") from None
        if "\0" in text:
            raise InputError(f"{source.name}, line {number}: a NUL byte, as in UTF-16 or binary data", "UTF-8 text")
        yield text.removeprefix("\ufeff")  # the byte order mark of a file, or of a further one in a stream
