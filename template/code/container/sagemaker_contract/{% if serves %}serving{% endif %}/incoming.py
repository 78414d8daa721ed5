"""A request's body as it arrives: in memory, or on disk once it is large."""

import errno
import shutil
import tempfile
import time
from collections.abc import Mapping
from typing import BinaryIO

from .errors import RequestError

IN_MEMORY = 8 * 2**20  # bytes, beyond which a body goes to disk
LEAST_RATE = 10_000  # bytes a second, below which a client is not waited for
PATIENCE = 30.0  # seconds before it is looked at
AT_ONCE = 2**20  # bytes that are written to disk in one call


class StoredBody:
    """A body in a temporary file, which has no name and so leaves nothing behind.

    Attributes:
        file: the open file; its position is the start.
        size: its bytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.size = size

    def __len__(self) -> int:
        return self.size


class Incoming:
    """Takes a body's chunks, and says whether what has come can be served.

    Args:
        headers: the request's.
        limit: most bytes of the body. Of a larger one, as much again is read and thrown away: a client that is
            still sending would not see an answer.

    Attributes:
        size: bytes that have come.
        is_over: whether enough has come of a body that is too large.
    """

    def __init__(self, headers: Mapping[str, str], limit: int) -> None:
        self.headers = headers
        self.started = time.perf_counter()
        self.size = 0
        self._limit = limit
        self._announced = int(headers.get("Content-Length") or 0)
        self._chunks: list[bytes] = []
        self._held = 0
        self._file: BinaryIO | None = None
        self._refusal: RequestError | None = None
        if self._announced > limit:
            self._refuse_size()

    @property
    def is_over(self) -> bool:
        """Whether enough has come of a body that is too large."""
        return self.size > 2 * self._limit

    @property
    def is_too_slow(self) -> bool:
        """Whether it comes so slowly that it would keep memory and connection for hours."""
        seconds = time.perf_counter() - self.started
        return seconds > PATIENCE and self.size < seconds * LEAST_RATE

    @property
    def is_refused(self) -> bool:
        """Whether the body cannot be served, so that some of it may not have been read."""
        return self._refusal is not None

    def take(self, chunk: bytes) -> bool:
        """Keep a chunk; tell whether `store` should be called, which may wait for the disk."""
        self.size += len(chunk)
        if self.size > self._limit:
            self._refuse_size()
        if self._refusal:
            return False
        self._chunks.append(chunk)
        self._held += len(chunk)
        return self._held > (AT_ONCE if self._file else IN_MEMORY)

    def store(self) -> None:
        """Write to disk what is in memory."""
        try:
            if not self._file:
                self._file = self._open()
            self._file.writelines(self._chunks)
        except OSError as error:
            self._refuse(no_space(error))
        self._chunks, self._held = [], 0

    def break_off(self) -> None:
        """Note that the rest will not come, comes too slowly, or is malformed."""
        accepted = f"as many bytes as announced, at {LEAST_RATE} or more a second"
        self._refuse(RequestError(400, "the body broke off", accepted))

    def body(self) -> bytes | StoredBody:
        """Give the whole body.

        Raises:
            RequestError: 413, it is too large; 400, it is not whole; 507, the disk cannot hold it.
        """
        if self.size < min(self._announced, self._limit):
            self.break_off()
        if self._file and not self._refusal:
            self.store()
        if self._refusal:
            raise self._refusal
        if not self._file:
            chunks, self._chunks = self._chunks, []
            return b"".join(chunks)
        self._file.seek(0)
        return StoredBody(self._file, self.size)

    def _open(self) -> BinaryIO:
        if shutil.disk_usage(tempfile.gettempdir()).free < self._announced:
            raise OSError(errno.ENOSPC, "No space left on device")
        return tempfile.TemporaryFile()

    def _refuse_size(self) -> None:
        limit = f"at most {self._limit} bytes; SAGEMAKER_MAX_PAYLOAD_IN_MB raises it"
        self._refuse(RequestError(413, "the body is too large", limit))

    def _refuse(self, error: RequestError) -> None:
        """Note why the body cannot be served, and let go of what came of it."""
        self._refusal = self._refusal or error
        self._chunks, self._held = [], 0
        if self._file:
            self._file.close()
            self._file = None


def no_space(error: OSError) -> RequestError:
    """Say that the disk cannot hold a body or an answer."""
    wrong = f"the body or its answer does not fit into {tempfile.gettempdir()} ({error.strerror})"
    return RequestError(507, wrong, "a smaller body, or more disk for the container")
