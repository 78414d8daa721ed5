"""SageMaker's own routes, on ASGI itself; a web framework, which takes longer than a prediction, has the others."""

from asyncio import get_running_loop, wrap_future
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

from .engine import Engine
from .incoming import Incoming
from .replies import Reply, no_route
from .standby import Standby
from .streams import CHUNK, Pieces

THREADS = 256  # answers in pieces, and large bodies, that are on their way at the same time
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Headers(dict[str, str]):
    """A request's headers, by names in any case; of several of one name, the first.

    Args:
        raw: names in lower case and values, as ASGI gives them.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__((name.decode("latin-1"), value.decode("latin-1")) for name, value in reversed(list(raw)))

    def get(self, name: str, default: str | None = None) -> str | None:
        """Give a header."""
        return super().get(name.lower(), default)


class Front:
    """Answers `/ping`, `/invocations` and `/models` by the engine, the same under every web framework.

    Args:
        engine: what answers.
        others: the application that has all other routes.

    Attributes:
        standby: says whether this worker should take connections.
    """

    def __init__(self, engine: Engine, others: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._engine = engine
        self._others = others
        self._threads = ThreadPoolExecutor(THREADS, "pieces")
        self.standby = Standby(engine.model)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request, or see the worker start and stop."""
        path = scope.get("path", "")
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] != "http":
            await self._others(scope, receive, send)
        elif path == "/invocations":
            await self._invoke(scope, receive, send)
        elif path == "/ping":
            is_known = scope["method"] in ("GET", "HEAD", "POST")
            await self._send(self._engine.ping() if is_known else _wrong_method(scope), scope, send)
        elif self._engine.models and path.startswith("/models"):
            await self._answer_models(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def _live(self, scope: Message, receive: Receive, send: Send) -> None:
        """Start loading as the worker starts, so that the port answers at once."""
        self._engine.model.start()
        try:
            await self._others(scope, receive, send)
        finally:
            self._engine.model.stop()

    async def _invoke(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await self._send(_wrong_method(scope), scope, send)
            return
        incoming = await self._read(scope, receive)
        reply = await wrap_future(self._engine.invoke(incoming))
        await self._send(self._engine.recorded(incoming, reply), scope, send, incoming.is_refused)

    async def _answer_models(self, scope: Message, receive: Receive, send: Send) -> None:
        incoming = await self._read(scope, receive)
        path, query = unquote_to_bytes(scope["raw_path"]), scope["query_string"].decode("latin-1")
        reply = await wrap_future(self._engine.answer_models(scope["method"], path, query, incoming))
        reply = self._engine.recorded(incoming, reply, *self._engine.models.route(scope["method"], path))
        await self._send(reply, scope, send, incoming.is_refused)

    async def _read(self, scope: Message, receive: Receive) -> Incoming:
        """Read a body; of one beyond the limit no more than shows it, and enough that the client sees the answer."""
        incoming = self._engine.incoming(Headers(scope["headers"]))
        more = not (incoming.is_refused and incoming.headers.get("Expect"))  # who asks beforehand has sent nothing
        while more and not incoming.is_over:
            message = await receive()
            if message["type"] == "http.disconnect" or incoming.is_too_slow:
                incoming.break_off()
                break
            if incoming.take(message.get("body", b"")):
                await get_running_loop().run_in_executor(self._threads, incoming.store)
            more = message.get("more_body", False)
        return incoming

    async def _send(self, reply: Reply, scope: Message, send: Send, is_last: bool = False) -> None:
        """Send an answer; after the last one of a connection, it is closed."""
        size = len(reply.body) if isinstance(reply.body, bytes) else reply.body.size
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
        if size is not None:
            headers.append((b"content-length", b"%d" % size))
        if is_last:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if not isinstance(reply.body, bytes):
            await self._send_pieces(reply.body, send)
            return
        body = b"" if scope["method"] == "HEAD" else reply.body
        last = max(len(body) - 1, 0) // CHUNK * CHUNK
        for start in range(0, last, CHUNK):  # or nobody would see that the client takes some of it
            await send({"type": "http.response.body", "body": body[start : start + CHUNK], "more_body": True})
        await send({"type": "http.response.body", "body": body[last:]})

    async def _send_pieces(self, pieces: Pieces, send: Send) -> None:
        """Send the pieces as they come; whoever waits for one waits in a thread."""
        try:
            while piece := await get_running_loop().run_in_executor(self._threads, pieces.take):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            pieces.close()


def _wrong_method(scope: Message) -> Reply:
    return no_route(405, scope["method"], scope["path"])
