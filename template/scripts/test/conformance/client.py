"""HTTP as SageMaker speaks it to a container."""

import http.client
import json
from dataclasses import dataclass
from typing import Any

from .given import CSV, JSON, JSON_LINES
from .items import Failed

SECONDS = 60  # SageMaker's own limit for an invocation


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; its headers have lower-case names."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """The body, for a message."""
        return self.body.decode(errors="replace").strip()

    @property
    def predictions(self) -> list[Any]:
        """The predictions, one a row, by the answer's type.

        Raises:
            Failed: the status is not 200, or the body is not what its type says.
        """
        if self.status != 200:
            raise Failed(f"status {self.status}: {self.text[:150]}")
        content_type = self.headers.get("content-type", "").partition(";")[0].strip()
        try:
            if content_type == JSON:
                loaded = json.loads(self.body)
                return loaded["predictions"] if isinstance(loaded, dict) else list(loaded)
            if content_type == JSON_LINES:
                return [json.loads(line) for line in self.body.splitlines()]
        except (ValueError, KeyError, TypeError):
            raise Failed(f"the answer is no {content_type} with predictions: {self.text[:150]}") from None
        if content_type == CSV:
            return self.body.decode(errors="replace").splitlines()
        raise Failed(f"the answer's Content-Type is {content_type!r}")


class Client:
    """Talks to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self, timeout: float = SECONDS) -> http.client.HTTPConnection:
        """Give a connection, not yet open."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, timeout: float = SECONDS
    ) -> Answer:
        """Send a request.

        Raises:
            OSError: nobody answers, or not in time.
        """
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body or None, headers or {})
            return read_answer(connection)
        finally:
            connection.close()

    def get(self, path: str, timeout: float = 5) -> Answer:
        """Send a GET request."""
        return self.request("GET", path, timeout=timeout)

    def post(self, body: bytes, content_type: str, headers: dict[str, str]) -> Answer:
        """Post to /invocations."""
        return self.request("POST", "/invocations", body, {"Content-Type": content_type, **headers})


def read_answer(connection: http.client.HTTPConnection) -> Answer:
    """Read an answer to its end.

    Raises:
        OSError: the connection broke, or what came is no HTTP.
    """
    try:
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, response.read(), headers)
    except http.client.HTTPException as error:
        raise ConnectionError(f"{type(error).__name__}") from None
