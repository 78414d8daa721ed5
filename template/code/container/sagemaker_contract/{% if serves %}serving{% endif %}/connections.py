"""How the server treats its connections, beyond what gunicorn's ASGI worker does by itself."""

import asyncio
import socket
from asyncio import TimerHandle, Transport
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import uvloop
from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

BACKLOG = 2048  # connections that wait to be taken
TURN_SECONDS = 0.001  # for which a worker leaves those that wait to the others
STANDBY_SECONDS = 0.1  # between two looks whether this worker should take connections
CLOSED = -1
HEADER_SECONDS = 15  # a client that takes longer over its first headers is let go
READING_SECONDS = 30  # a client that takes nothing of its answer for longer is let go
LINGER_SECONDS = 0.05  # after the last answer to a client that has sent all it wants to
LAST_CALL_SECONDS = 1.0  # after SIGTERM, for a request that is on its way


class Connection(ASGIProtocol):
    """A connection that a slow client cannot keep, and that answers a client which has closed its writing side."""

    headers_due: TimerHandle
    reading_due: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:
        """Give the client its time for the first headers."""
        super().connection_made(transport)
        self.worker.connections.add(self)
        self.headers_due = self.worker.loop.call_later(HEADER_SECONDS, self._keepalive_timeout)

    def _on_headers_complete(self) -> bool:
        self.headers_due.cancel()
        return super()._on_headers_complete()

    def pause_writing(self) -> None:
        """Give a client that does not read its answer some time to go on."""
        super().pause_writing()
        self.reading_due = self.worker.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the clock of a client that reads again."""
        self._stop_clock()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self.headers_due.cancel()
        self._stop_clock()
        super().connection_lost(exc)

    def _stop_clock(self) -> None:
        if self.reading_due:
            self.reading_due.cancel()

    def eof_received(self) -> bool:
        """Keep the connection for the answer to a whole request, which asyncio would close at once."""
        self._keepalive = LINGER_SECONDS
        return self._body_receiver is not None and self._body_receiver._complete

    def close_if_idle(self) -> None:
        """Close the connection where it waits for a request."""
        if self._awaiting_request:
            self._keepalive_timeout()


class Loop(uvloop.Loop):
    """Takes one connection at a time and leaves the next to another worker; any other loop takes all that wait.

    The more turns in a row find some waiting, the more it takes in a turn: of a crowd, the last need not wait long.
    """

    _turns = 0
    is_open: Callable[[], bool]  # whether this worker takes connections

    async def create_server(self, protocol: Callable, *args: Any, **options: Any) -> asyncio.Server:
        """Listen."""
        sock: socket.socket = options["sock"]
        server = await super().create_server(protocol, *args, **options | {"start_serving": False})
        sock.listen(BACKLOG)
        self._listen(protocol, sock)
        self._look()
        return server

    def _look(self) -> None:
        """Ask even while nobody comes: the other workers are to know whether this one has its model."""
        self.is_open()
        self.call_later(STANDBY_SECONDS, self._look)

    def _listen(self, protocol: Callable, sock: socket.socket) -> None:
        if sock.fileno() != CLOSED:
            self.add_reader(sock, self._take, protocol, sock)

    def _take(self, protocol: Callable, sock: socket.socket) -> None:
        self.remove_reader(sock)
        is_open = self.is_open()
        self.call_later(TURN_SECONDS if is_open else STANDBY_SECONDS, self._listen, protocol, sock)
        if not is_open:
            return
        self._turns += 1
        for _ in range(1 + self._turns // 4):
            try:
                connection, _ = sock.accept()
            except OSError:  # there are no more, or the client has left, or there are too many open files
                self._turns = 0
                return
            connection.setblocking(False)
            self.create_task(self.connect_accepted_socket(protocol, connection))


class Worker(gasgi.ASGIWorker):
    """Gunicorn's ASGI worker with these connections; at SIGTERM it does not wait for those that ask nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections: WeakSet[Connection] = WeakSet()

    def _setup_event_loop(self) -> None:
        self.loop = Loop()
        self.loop.is_open = lambda: self.asgi.standby.is_open()
        asyncio.set_event_loop(self.loop)

    def handle_exit_signal(self) -> None:
        """Finish what is in flight."""
        super().handle_exit_signal()
        self.loop.call_later(LAST_CALL_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        for connection in list(self.connections):
            connection.close_if_idle()


gasgi.ASGIProtocol = Connection  # the worker has no setting for it
