"""What goes back to the client."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .attributes import CUSTOM_ATTRIBUTES
from .errors import RequestError
from .streams import Pieces

ROUTES = "GET /ping, POST /invocations, GET /execution-parameters"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `rows` is how many rows it holds predictions for."""

    status: int
    body: bytes | Pieces = b""
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def with_attributes(self, headers: Mapping[str, str]) -> "Reply":
        """Echo the custom attributes of the request, where they are what SageMaker allows: 1024 characters of ASCII."""
        attributes = headers.get(CUSTOM_ATTRIBUTES)
        if not attributes or len(attributes) > 1024 or not attributes.isascii():
            return self
        return replace(self, headers={**self.headers, CUSTOM_ATTRIBUTES: attributes})


def refusal(error: RequestError) -> Reply:
    """Answer a request that cannot be served."""
    content = {"error": error.wrong, "accepted": error.accepted}
    body = json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace")
    return Reply(error.status, body, {"Content-Type": "application/json"})


def no_route(status: int, method: str, path: str) -> Reply:
    """Answer a path or a method that there is not."""
    return refusal(RequestError(status, f"{method} {path[:100]} is not served", ROUTES))
