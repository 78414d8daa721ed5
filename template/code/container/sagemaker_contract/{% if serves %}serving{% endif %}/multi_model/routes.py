"""The `/models` routes of a multi-model endpoint, without a web framework."""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from urllib.parse import parse_qs

from pydantic import BaseModel, Field, ValidationError

from ..engine import at_once
from ..errors import RequestError
from ..incoming import StoredBody
from ..replies import Reply, refusal
from .registry import Entry
from .store import ModelStore, unknown

LOAD = '{"model_name": "...", "url": "a folder"}'
ROUTES = "GET, POST /models; GET, DELETE /models/{name}; POST /models/{name}/invoke"
INVOKE = b"/invoke"
TOKEN = re.compile(r"[0-9a-f]{64}|")
logger = logging.getLogger(__name__)


class LoadRequest(BaseModel):
    """What SageMaker posts to have a model loaded."""

    model_name: str = Field(min_length=1)
    url: str = Field(min_length=1)


class ModelRoutes:
    """Answers for many models.

    Args:
        store: the models.
    """

    def __init__(self, store: ModelStore) -> None:
        self.store = store

    def answer(
        self, method: str, path: bytes, query: str, body: bytes | StoredBody, headers: Mapping[str, str]
    ) -> "Future[Reply]":
        """Answer a request.

        A name may hold anything, slashes and `/invoke` too: of a POST it ends before the last `/invoke`, of another
        method at the end of the path.

        Args:
            method: the HTTP method.
            path: the path with its percent-encoding undone, once.
            query: what stands behind the question mark.
            body: of the request.
            headers: of the request.
        """
        try:
            if path == b"/models":
                return self._all(method, query, body, headers)
            name = path.removeprefix(b"/models/")
            if name == path:
                raise _not_served(404, method, path)
            if method == "POST" and name.endswith(INVOKE):
                return self.store.invoke(_text(name.removesuffix(INVOKE)), body, headers)
            return self._one(method, path, _text(name), headers)
        except RequestError as error:
            return at_once(refusal(error).with_attributes(headers))

    def route(self, method: str, path: bytes) -> tuple[str, str]:
        """Give the pattern of a path, and the name that stands in it, for the log; see `answer`."""
        name = path.removeprefix(b"/models/")
        if name == path:
            return "/models", ""
        if method == "POST" and name.endswith(INVOKE):
            return "/models/{name}/invoke", name.removesuffix(INVOKE).decode(errors="replace")
        return "/models/{name}", name.decode(errors="replace")

    def _all(self, method: str, query: str, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        if method == "GET":
            return at_once(self._list(query).with_attributes(headers))
        if method != "POST":
            raise _not_served(405, method, b"/models")
        wanted = _read_load(body)
        return _in_thread(lambda: _described(self.store.load(wanted.model_name, wanted.url)), headers)

    def _one(self, method: str, path: bytes, name: str, headers: Mapping[str, str]) -> "Future[Reply]":
        if method == "GET":
            return at_once(_described(self.store.find(name)).with_attributes(headers))
        if method == "DELETE":
            return _in_thread(lambda: _described(self.store.unload(name)), headers)
        raise _not_served(404 if method == "POST" else 405, method, path)

    def _list(self, query: str) -> Reply:
        token = parse_qs(query).get("next_page_token", [""])[-1]
        if not TOKEN.fullmatch(token):
            raise RequestError(400, "next_page_token is none of this server's", "the nextPageToken of the page before")
        entries, token_of_next = self.store.registry.page(token)
        return _json({"models": [_as_json(entry) for entry in entries], "nextPageToken": token_of_next})


def _read_load(body: bytes | StoredBody) -> LoadRequest:
    if isinstance(body, StoredBody):
        raise RequestError(400, f"the body has {len(body)} bytes", LOAD)
    try:
        return LoadRequest.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise RequestError(400, f"{place}: {first['msg']}", LOAD) from None


def _text(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:  # and JSON, in which names come, has no such text
        raise unknown() from None


def _as_json(entry: Entry) -> dict[str, str]:
    return {"modelName": entry.name, "modelUrl": entry.url}


def _described(entry: Entry) -> Reply:
    return _json(_as_json(entry))


def _json(content: dict) -> Reply:
    return Reply(200, json.dumps(content).encode(), {"Content-Type": "application/json"})


def _not_served(status: int, method: str, path: bytes) -> RequestError:
    return RequestError(status, f"{method} {path[:100].decode(errors='replace')} is not served", ROUTES)


def _in_thread(work: Callable[[], Reply], headers: Mapping[str, str]) -> "Future[Reply]":
    """Do what takes its time in a thread of its own."""
    answer: Future[Reply] = Future()
    answer.set_running_or_notify_cancel()  # it is done to its end, whether or not somebody waits

    def run() -> None:
        try:
            reply = work()
        except RequestError as error:
            reply = refusal(error)
        except Exception:
            logger.exception("a request about models failed")
            reply = refusal(RequestError(500, "the request failed; the log has the cause", "another request"))
        answer.set_result(reply.with_attributes(headers))

    threading.Thread(target=run, name="load", daemon=True).start()
    return answer
