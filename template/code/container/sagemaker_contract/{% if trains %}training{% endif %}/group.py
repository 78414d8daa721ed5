"""The workers of a job on several hosts: they exchange small values, and none outlives another that failed.

The first worker listens, and each of the others holds one connection to it. A frame is a kind, a length and JSON.
"""

import json
import logging
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..errors import InputError

APPEARANCE = 300  # seconds for all names to resolve and all workers to come
HEARTBEAT = 5  # seconds
FAREWELL = 2  # seconds for a last word to be read
SILENCE = 40  # seconds after which a worker counts as dead; one that ends is noticed at once
PIECE = 2**20  # bytes
VALUE, ADDRESSES, FAILED, ALIVE, DONE = range(5)
logger = logging.getLogger(__name__)


class Group:
    """This worker's place among the others.

    Args:
        rank: number of this worker, from 0.
        names: the host of each worker, by rank.
        port: where the first worker listens.
        on_failure: is told, in another thread, which worker failed and why, and the exit code of that worker.

    Raises:
        InputError: a name does not resolve, or a worker does not come.
    """

    def __init__(self, rank: int, names: list[str], port: int, on_failure: Callable[[str, int], None]) -> None:
        self.rank = rank
        self.names = names
        self.before_exit: list[Callable[[], None]] = []  # for `on_failure` to call
        self._on_failure = on_failure
        self._ending = False
        self._failed = False
        self._listeners: list[threading.Thread] = []
        self._turns = [queue.Queue() for _ in names]  # the values of each worker; of the first, if this is another
        self._others: dict[int, _Connection] = {}
        if rank == 0:
            addresses = self._accept_all(port)
            for connection in self._others.values():
                connection.send(ADDRESSES, addresses)
        else:
            self._others[0] = _connect(names[0] if len(set(names)) > 1 else "127.0.0.1", port, rank)
            addresses = self._others[0].first(APPEARANCE, names[0])
        self.addresses: tuple[str, ...] = tuple(addresses)
        self._listeners = [
            threading.Thread(target=self._listen, args=(other, connection), daemon=True)
            for other, connection in self._others.items()
        ]
        for thread in self._listeners:
            thread.start()
        threading.Thread(target=self._stay_alive, daemon=True).start()
        logger.info("worker %d of %d has found the others: %s", rank + 1, len(names), ", ".join(names))

    def gather(self, value: Any) -> list[Any]:
        """Give the values of all workers, by rank; each of them waits here until all have come."""
        if self.rank:
            self._others[0].send(VALUE, value)
            return self._turns[0].get()
        values = [value, *(self._turns[other].get() for other in range(1, len(self.names)))]
        for connection in self._others.values():
            connection.send(VALUE, values)
        return values

    def fail(self, cause: str, code: int) -> None:
        """Tell the others that this worker failed, and its exit code; nothing, if it has left already.

        What another's death broke here is no failure of this worker's: `on_failure` then ends this process instead.
        """
        if code == 1:
            time.sleep(FAREWELL)
        if self._failed:
            time.sleep(APPEARANCE)
        if not self._ending:
            self._say_last(FAILED, [f"{self.names[self.rank]} failed: {cause}", code])

    def close(self) -> None:
        """Leave in good order, once all workers are here."""
        self.gather(None)
        self._say_last(DONE)

    def _accept_all(self, port: int) -> list[str]:
        """Wait for the other workers; give the addresses of all, this one's as the others reached it."""
        addresses = ["" for _ in self.names]
        end = time.monotonic() + APPEARANCE
        with socket.create_server(("", port), backlog=len(self.names)) as server:
            while missing := [name for rank, name in enumerate(self.names) if rank and rank not in self._others]:
                if time.monotonic() > end:
                    wrong = f"{', '.join(missing)} did not come in {APPEARANCE} s"
                    raise InputError(wrong, "hosts that reach each other")
                server.settimeout(1)
                with suppress(OSError, ValueError, InputError):  # nobody yet, or somebody else
                    connection = _Connection(server.accept()[0])
                    other = connection.first(HEARTBEAT, "a stranger")
                    if isinstance(other, int) and 0 < other < len(self.names):
                        self._others[other] = connection
                        addresses[0], addresses[other] = connection.ends
        return addresses

    def _listen(self, other: int, connection: "_Connection") -> None:
        try:
            while True:
                kind, value = connection.receive()
                if kind == VALUE:
                    self._turns[other].put(value)
                elif kind == FAILED:
                    self._fail(*value)
                elif kind == DONE:
                    return
        except (OSError, ValueError) as error:
            why = f"nothing heard for {SILENCE} s" if isinstance(error, TimeoutError) else "its process is gone"
            self._fail(f"{self.names[other]} failed: {why}", 1)

    def _fail(self, cause: str, code: int) -> None:
        if not self._ending:
            self._failed = True
            self._say_last(FAILED, [cause, code])
            self._on_failure(cause, code)

    def _say_last(self, kind: int, value: Any = None) -> None:
        """Send a last frame, and stay until it is read: a process that ends may take back what it sent."""
        self._ending = True
        for connection in self._others.values():
            connection.send(kind, value)
            connection.end()
        end = time.monotonic() + FAREWELL
        for thread in self._listeners:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(max(0, end - time.monotonic()))

    def _stay_alive(self) -> None:
        while not self._ending:
            for connection in self._others.values():
                connection.send(ALIVE)
            time.sleep(HEARTBEAT)


class _Connection:
    """Frames over a socket."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(SILENCE)
        self._socket = connected
        self._sending = threading.Lock()

    @property
    def ends(self) -> tuple[str, str]:
        """This end's address and the other's."""
        return self._socket.getsockname()[0], self._socket.getpeername()[0]

    def send(self, kind: int, value: Any = None) -> None:
        """Send a frame; that the other end is gone shows in what is received."""
        payload = json.dumps(value).encode()
        frame = memoryview(struct.pack("!BQ", kind, len(payload)) + payload)
        with suppress(OSError), self._sending:
            for start in range(0, len(frame), PIECE):  # each in time, however long the whole takes
                self._socket.sendall(frame[start : start + PIECE])

    def end(self) -> None:
        """Send no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def first(self, patience: float, name: str) -> Any:
        """Wait for the first value, which may take longer than a heartbeat.

        Raises:
            InputError: the other end is gone before it came.
        """
        self._socket.settimeout(patience)
        try:
            return self.receive()[1]
        except OSError as error:
            raise InputError(f"{name} ended before all hosts had come ({error})", "hosts that all start") from None
        finally:
            self._socket.settimeout(SILENCE)

    def receive(self) -> tuple[int, Any]:
        """Wait for a frame: its kind and value.

        Raises:
            OSError: the other end is gone or silent.
            ValueError: it does not send frames.
        """
        kind, length = struct.unpack("!BQ", self._read(9))
        return kind, json.loads(self._read(length))

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            part = self._socket.recv(min(count, PIECE))
            if not part:
                raise ConnectionError("closed")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _connect(name: str, port: int, rank: int) -> _Connection:
    """Reach the first worker, whose name may not resolve yet."""
    end = time.monotonic() + APPEARANCE
    reported = False
    while True:
        try:
            connection = _Connection(socket.create_connection((name, port), timeout=HEARTBEAT))
        except OSError as error:
            if time.monotonic() > end:
                raise InputError(f"{name} cannot be reached ({error})", "hosts that reach each other") from None
            if not reported:
                logger.info("waiting for %s (%s)", name, error)
                reported = True
            time.sleep(0.5)
        else:
            connection.send(VALUE, rank)
            return connection
