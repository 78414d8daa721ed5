"""A service of AWS that gives the answers which a test wants."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cloud import SETTINGS

Answer = tuple[int, bytes, dict[str, str]]


def answer(status: int, body: Any, code: str = "", **headers: str) -> Answer:
    """Give an answer, and where it is an error its code, which each of AWS's protocols has in another place."""
    if code:
        body, headers = {"__type": code, **body}, {"x_amzn_errortype": code}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, content, {name.replace("_", "-"): value for name, value in headers.items()}


THROTTLED = answer(400, {"message": "Rate exceeded"}, "ThrottlingException")
UNAVAILABLE = answer(503, {"message": "busy"}, "ServiceUnavailable")
EXPIRED = answer(403, {"message": "The security token is expired"}, "ExpiredTokenException")
MISSING = answer(400, {"message": 'Could not find endpoint "a".'}, "ValidationException")


@contextmanager
def service(*answers: Answer) -> Iterator[tuple[str, list]]:
    """Run a service that gives these answers, the last again and again; gives its URL and the requests that it had."""
    left, had = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            had.append((self.path, dict(self.headers.items()), body))
            status, content, headers = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", had
    finally:
        server.shutdown()
        server.server_close()


def sign_in(patch: pytest.MonkeyPatch) -> None:
    """Have credentials, and no pauses between boto3's attempts."""
    for name, value in SETTINGS.items():
        patch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        patch.delenv(name, raising=False)
    patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
