"""SageMaker's two routes, without a web framework: the model's life in `/ping`, predictions in `/invocations`."""

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import InputError
from .errors import RequestError
from .negotiation import answer_type, request_type

CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
ROUTES = "GET /ping, POST /invocations, GET /execution-parameters"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Engine:
    """Loads a model in the background and answers for it.

    Args:
        handlers: a module with `model_fn`, `input_fn`, `predict_fn` and `output_fn`.
        folder: the folder of the model artefact, read-only.
        payload_limit: most bytes of a request's body.
    """

    def __init__(self, handlers: ModuleType, folder: Path, payload_limit: int) -> None:
        self.handlers = handlers
        self.folder = folder
        self.payload_limit = payload_limit
        self.model: Any = None
        self.problem = "the model is being loaded"
        self._one_at_a_time = threading.Lock()  # so that model code need not be safe for threads

    def start_loading(self) -> None:
        """Load in the background: the port answers at once, and `/ping` says when the model is ready."""
        threading.Thread(target=self.load, daemon=True).start()

    def load(self) -> None:
        """Load the model; where that fails, `/ping` stays at 503 and the log says why."""
        try:
            self.model = self.handlers.model_fn(self.folder)
        except InputError as error:
            self.problem = f"no model: {error}"
            logger.error(self.problem)
        except Exception as error:
            self.problem = f"the model could not be loaded: {type(error).__name__}"
            logger.exception(self.problem)
        else:
            logger.info("the model is loaded; /ping answers 200")

    def ping(self) -> Reply:
        """Answer 200 with an empty body once the model can predict, 503 with the reason until then."""
        if self.model is None:
            return _problem(503, self.problem, "another request once /ping answers 200")
        return Reply(200)

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Answer `/invocations`: predictions for the rows of the body, in the type that the client accepts."""
        if self.model is None:
            return self._with_attributes(self.ping(), headers)
        try:
            reply = self._predict(body, headers)
        except RequestError as error:
            reply = _problem(error.status, error.wrong, error.accepted)
        except Exception:
            logger.exception("a prediction failed")
            reply = _problem(500, "the model failed on this request; the log has the cause", "another request")
        return self._with_attributes(reply, headers)

    def execution_parameters(self) -> Reply:
        """Answer what batch transform asks for; AWS allows 100 MB for all requests together."""
        parameters = {
            "MaxConcurrentTransforms": 1,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": min(self.payload_limit // 2**20, 100),
        }
        return Reply(200, json.dumps(parameters).encode(), {"Content-Type": "application/json"})

    def too_large(self, headers: Mapping[str, str]) -> Reply:
        """Answer a body beyond the limit."""
        limit = f"at most {self.payload_limit} bytes; SAGEMAKER_MAX_PAYLOAD_IN_MB raises it"
        return self._with_attributes(_problem(413, "the body is too large", limit), headers)

    def incomplete(self, headers: Mapping[str, str]) -> Reply:
        """Answer a body that broke off, or whose chunks are malformed."""
        return self._with_attributes(_problem(400, "the body broke off", "as many bytes as announced"), headers)

    def _predict(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            raise RequestError(415, "the body is compressed", "no Content-Encoding")
        content_type = request_type(headers.get("Content-Type"))
        accept = answer_type(headers.get("Accept"), content_type)
        rows = self.handlers.input_fn(body, content_type)
        with self._one_at_a_time:
            predictions = self.handlers.predict_fn(rows, self.model)
        charset = "; charset=utf-8" if accept.startswith("text/") else ""
        return Reply(200, self.handlers.output_fn(predictions, accept), {"Content-Type": accept + charset})

    def _with_attributes(self, reply: Reply, headers: Mapping[str, str]) -> Reply:
        attributes = headers.get(CUSTOM_ATTRIBUTES)
        if not attributes or len(attributes) > 1024 or not attributes.isascii():
            return reply
        return Reply(reply.status, reply.body, {**reply.headers, CUSTOM_ATTRIBUTES: attributes})


def no_route(status: int, method: str, path: str) -> Reply:
    """Answer a path or a method that there is not."""
    return _problem(status, f"{method} {path[:100]} is not served", ROUTES)


def _problem(status: int, wrong: str, accepted: str) -> Reply:
    body = json.dumps({"error": wrong, "accepted": accepted}, ensure_ascii=False).encode(errors="backslashreplace")
    return Reply(status, body, {"Content-Type": "application/json"})
