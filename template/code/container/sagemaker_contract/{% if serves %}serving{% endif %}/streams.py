"""An answer that goes out in pieces."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import BinaryIO, Protocol

PIECES = 16  # that wait for a client, beyond which the model does not go on
PATIENCE = 30.0  # seconds for which a client may take nothing, before its answer is given up
CHUNK = 2**18


class Pieces(Protocol):
    """What a reply has in place of bytes, for a face to send."""

    size: int | None  # bytes, where known beforehand

    def take(self) -> bytes:
        """Wait for the next piece; empty at the end.

        Raises:
            BrokenStream: there is no next piece, and there should be.
        """

    def close(self) -> None:
        """Say that no more will be taken."""


class BrokenStream(Exception):
    """An answer that cannot be ended as it began: the connection has to be closed."""


class StoredAnswer:
    """An answer in a temporary file, whose position is the start."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self._file = file

    def take(self) -> bytes:
        """Read the next piece."""
        return self._file.read(CHUNK)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


class Stream:
    """Pieces from the model's thread to the one that sends them; neither waits for the other for ever."""

    size = None

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._is_ended = False
        self._is_broken = False
        self._moved = time.monotonic()

    def offer(self, piece: bytes) -> bool:
        """Add a piece, unless as many wait as may.

        Raises:
            BrokenStream: the client has left, or takes nothing.
        """
        with self._changed:
            if len(self._pieces) >= PIECES and time.monotonic() - self._moved > PATIENCE:
                self._is_broken = True
            if self._is_broken:
                raise BrokenStream
            if len(self._pieces) >= PIECES:
                return False
            if not self._pieces:
                self._moved = time.monotonic()
            self._pieces.append(piece)
            self._changed.notify()
            return True

    def end(self, is_broken: bool = False) -> None:
        """Say that there are no more pieces, after the last or in the middle."""
        with self._changed:
            self._is_ended = True
            self._is_broken |= is_broken
            self._changed.notify()

    def take(self) -> bytes:
        """Wait for the next piece; empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._is_ended or self._is_broken)
            self._moved = time.monotonic()
            if self._pieces:
                return self._pieces.popleft()
            if self._is_broken:
                raise BrokenStream("the answer broke off")
            return b""

    def close(self) -> None:
        """Say that the client has left."""
        with self._changed:
            self._is_broken |= not self._is_ended
            self._pieces.clear()
            self._changed.notify()


class Watched:
    """Pieces that are counted, for the log."""

    def __init__(self, pieces: Pieces, on_end: Callable[[int, bool], None]) -> None:
        self.size = pieces.size
        self._pieces = pieces
        self._sent = 0
        self._is_whole = False
        self._on_end: Callable[[int, bool], None] | None = on_end

    def take(self) -> bytes:
        """Give the next piece."""
        piece = self._pieces.take()
        self._sent += len(piece)
        self._is_whole = not piece
        return piece

    def close(self) -> None:
        """Tell how many bytes were sent, and whether they were all, once."""
        self._pieces.close()
        on_end, self._on_end = self._on_end, None
        if on_end:
            on_end(self._sent, self._is_whole)
