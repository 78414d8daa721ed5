"""SageMaker's routes, without a web framework: the model's life in `/ping`, predictions in `/invocations`."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from . import openapi
from .errors import RequestError, not_ready
from .incoming import Incoming, StoredBody
from .metrics import Metrics
from .replies import Reply, no_route, refusal
from .request_log import RequestLog
from .settings import Settings
from .streams import Watched

if TYPE_CHECKING:
    from .multi_model.routes import ModelRoutes

Answer = Callable[[bytes | StoredBody, Mapping[str, str]], "Future[Reply]"]


class Model(Protocol):
    """What predicts: a model in this process, or a model server behind it.

    Attributes:
        problem: why there is no model, or not yet; empty once there is one.
        has_failed: whether it could not be loaded, and will not be tried again.
    """

    problem: str
    has_failed: bool

    def start(self) -> None:
        """Load in the background; `problem` says why there is no model yet, and is empty once there is one."""

    def submit(self, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        """Ask for the predictions of a body's rows."""

    def stop(self) -> None:
        """Let go of the model, once the requests that wait have their answers."""


class Engine:
    """Answers for a model.

    Args:
        model: what predicts.
        settings: what the environment says.
        models: the routes of a multi-model endpoint, where this is one.
    """

    def __init__(self, model: Model, settings: Settings, models: "ModelRoutes | None" = None) -> None:
        self.model = model
        self.models = models
        self.payload_limit = settings.payload_limit
        self._settings = settings
        self._log = RequestLog(settings.log_level)
        self._metrics = Metrics() if settings.metrics else None

    def ping(self) -> Reply:
        """Answer 200 with an empty body once the model can predict, 503 with the reason until then."""
        return refusal(not_ready(self.model.problem)) if self.model.problem else Reply(200)

    def incoming(self, headers: Mapping[str, str]) -> Incoming:
        """Take the body of a request with these headers, chunk by chunk."""
        return Incoming(headers, self.payload_limit)

    def invoke(self, incoming: Incoming) -> "Future[Reply]":
        """Answer `/invocations`: predictions for the rows of the body, in the type that the client accepts."""
        return self._with_body(incoming, self.model.submit)

    def answer_models(self, method: str, path: bytes, query: str, incoming: Incoming) -> "Future[Reply]":
        """Answer the `/models` routes of a multi-model endpoint; see `ModelRoutes.answer`."""
        return self._with_body(incoming, partial(self.models.answer, method, path, query))

    def recorded(self, incoming: Incoming, reply: Reply, route: str = "/invocations", target: str = "") -> Reply:
        """Log and count a request whose answer is known; one that goes out in pieces, at its end.

        Args:
            incoming: the request.
            reply: the answer.
            route: as a pattern, such as `/models/{name}`.
            target: the model that it names, of many.
        """
        if isinstance(reply.body, bytes):
            self._record(incoming, reply, route, target, len(reply.body))
            return reply
        return replace(reply, body=Watched(reply.body, partial(self._record, incoming, reply, route, target)))

    def execution_parameters(self) -> Reply:
        """Answer what batch transform asks for; AWS allows 100 MB for all requests together."""
        parameters = {
            "MaxConcurrentTransforms": self._settings.concurrent_transforms,
            "BatchStrategy": self._settings.batch_strategy,
            "MaxPayloadInMB": self._settings.transform_payload_mb,
        }
        return Reply(200, json.dumps(parameters).encode(), {"Content-Type": "application/json"})

    def metrics(self) -> Reply:
        """Answer `/metrics` where it was asked for, in Prometheus' text format."""
        if not self._metrics:
            return no_route(404, "GET", "/metrics")
        body = self._metrics.text(is_loaded=not self.model.problem)
        return Reply(200, body, {"Content-Type": self._metrics.content_type})

    def document(self) -> dict[str, Any]:
        """Answer `/openapi.json`: the routes that this server has."""
        return openapi.document(has_models=self.models is not None, has_metrics=self._metrics is not None)

    def _with_body(self, incoming: Incoming, answer: Answer) -> "Future[Reply]":
        try:
            return answer(incoming.body(), incoming.headers)
        except RequestError as error:
            return at_once(refusal(error).with_attributes(incoming.headers))

    def _record(
        self, incoming: Incoming, reply: Reply, route: str, target: str, sent: int, is_whole: bool = True
    ) -> None:
        seconds = time.perf_counter() - incoming.started
        if self._log.is_on:
            self._log.write(route, target, incoming, reply, seconds, sent, is_whole)
        if self._metrics:
            self._metrics.count(route, reply.status, seconds, reply.rows)


def at_once(reply: Reply) -> "Future[Reply]":
    """Give an answer that needs no waiting."""
    answer: Future[Reply] = Future()
    answer.set_result(reply)
    return answer
