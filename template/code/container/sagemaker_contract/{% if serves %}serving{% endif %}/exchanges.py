"""A request on its way through the model's thread."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .attributes import wants_probabilities
from .errors import RequestError
from .incoming import StoredBody
from .negotiation import JSON, answer_type, request_type
from .predictions import Predictions
from .replies import Reply, refusal
from .streams import Pieces

LARGEST_DOCUMENT = 100 * 2**20  # bytes of JSON, which is held in memory as a whole
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
logger = logging.getLogger(__name__)


@dataclass
class Exchange:
    """A request, what has been read of it, and the answer that it waits for.

    Attributes:
        probabilities: whether the client wants them; None where it does not say.
        written_as: the answer's type, where `output_fn` says it.
    """

    body: bytes | StoredBody
    headers: Mapping[str, str]
    answer: "Future[Reply]"
    content_type: str = ""
    accept: str = ""
    rows: Any = None
    probabilities: bool | None = None
    written_as: str = ""

    def negotiate(self) -> None:
        """Find out what the client sends and what it wants.

        Raises:
            RequestError: 415, 406, 413 or 400.
        """
        self.content_type = request_type(self.headers)
        if self.content_type == JSON and len(self.body) > LARGEST_DOCUMENT:
            limit = f"at most {LARGEST_DOCUMENT} bytes of JSON; text/csv and application/jsonlines are read in parts"
            raise RequestError(413, "the body is too large", limit)
        self.accept = answer_type(self.headers.get("Accept"), self.content_type)
        self.probabilities = wants_probabilities(self.headers)

    def wanted(self, predictions: Any, by_default: bool) -> Any:
        """Give the predictions with their probabilities where they are wanted.

        Raises:
            RequestError: 400, the client asks for some that the model does not have.
        """
        if not (by_default if self.probabilities is None else self.probabilities):
            return predictions
        if isinstance(predictions, Predictions):
            return predictions.with_probabilities()
        if self.probabilities:
            raise RequestError(400, "this model gives no class probabilities", "no probabilities=true")
        return predictions

    def content(self, written: Any) -> bytes:
        """Give what `output_fn` has written as bytes; AWS's toolkit takes a pair of that and its type as well.

        Raises:
            TypeError: it is nothing that can be sent.
        """
        match written:
            case str():
                return written.encode()
            case bytes() | bytearray() | memoryview():
                return bytes(written)
            case tuple((body, str(media_type))):
                self.written_as = media_type
                return self.content(body)
        raise TypeError(f"output_fn gave {type(written).__name__}; accepted: text, bytes, or a pair with its type")

    def reply(self, body: bytes | Pieces, rows: int) -> None:
        """Answer with predictions."""
        charset = "; charset=utf-8" if self.accept.startswith("text/") else ""
        self._give(Reply(200, body, {"Content-Type": self.written_as or self.accept + charset}, rows))

    def refuse(self, error: RequestError) -> None:
        """Answer that the request cannot be served."""
        self._give(refusal(error))

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Answer with what goes wrong inside the `with` block."""
        try:
            yield
        except RequestError as error:
            self.refuse(error)
        except GeneratorExit:  # of a long answer that is given up
            raise
        except BaseException:  # a panic in a library written in Rust is no Exception
            logger.exception("a prediction failed", extra={"inference_id": self.headers.get(INFERENCE_ID)})
            wrong = "the model failed on this request; the log has the cause"
            self.refuse(RequestError(500, wrong, "another request"))

    def _give(self, reply: Reply) -> None:
        self.answer.set_result(reply.with_attributes(self.headers))
