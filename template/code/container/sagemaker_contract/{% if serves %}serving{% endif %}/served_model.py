"""A model in memory, and the one thread that loads it and predicts with it."""

import logging
import os
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sized
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from inspect import isgeneratorfunction
from pathlib import Path
from queue import Empty, SimpleQueue
from types import SimpleNamespace
from typing import Any

from ..errors import InputError
from .errors import not_ready
from .exchanges import Exchange
from .incoming import StoredBody
from .long_answers import LongAnswers, in_parts, is_long, streamed
from .replies import Reply

MOST_TOGETHER = 1024  # rows that are predicted in one call
MOST_READ = 2**20  # bytes of the requests that are read before one of them is answered
logger = logging.getLogger(__name__)


class ServedModel:
    """Loads a model and answers requests with it, in a thread of its own: model code need not be safe for threads.

    Small requests that wait at the same time are predicted in one call, which costs hardly more than one of them.
    They need not wait for the end of a large body or of a streamed answer: those go on between them, step by step.

    Args:
        handlers: `model_fn`, `input_fn`, `predict_fn` and `output_fn`, and `join_fn` where no row depends on another:
            rows of several requests are then predicted together, and large bodies in parts.
        folder: the folder of the model artefact, read-only.
        probabilities: whether an answer has class probabilities where the client does not say.
    """

    def __init__(self, handlers: SimpleNamespace, folder: Path, probabilities: bool = False) -> None:
        self.handlers = handlers
        self.folder = folder
        self.probabilities = probabilities
        self.problem = "the model is being loaded"
        self.loaded: Future[None] = Future()  # or why it could not be loaded
        self.ended: Future[None] = Future()  # once it is let go of
        self._model: Any = None
        self._waiting: SimpleQueue[Exchange | None] = SimpleQueue()
        self._long_answers = LongAnswers()

    @property
    def has_failed(self) -> bool:
        """Whether the model could not be loaded."""
        return self.loaded.done() and self.loaded.exception() is not None

    @property
    def _takes_parts(self) -> bool:
        """Whether a body may be predicted in parts; what is yielded goes out by itself, piece by piece."""
        return hasattr(self.handlers, "join_fn") and not isgeneratorfunction(self.handlers.predict_fn)

    def start(self) -> None:
        """Load in the background; `problem` says why there is no model yet, and is empty once there is one."""
        threading.Thread(target=self._run, name="model", daemon=True).start()

    def submit(self, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        """Ask for the predictions of a body's rows, in the type that the client accepts.

        A request that comes while the model is being loaded waits: of several workers, the first may be ready and say
        so on `/ping` while the others are not.
        """
        exchange = Exchange(body, headers, Future())
        self._waiting.put(exchange)
        return exchange.answer

    def stop(self) -> None:
        """Let go of the model, once the requests that wait have their answers."""
        self._waiting.put(None)

    def _run(self) -> None:
        try:
            self._load()
            self._answer_all()
        except BaseException:
            logger.exception("the thread of the model has ended; the worker is replaced")
            os._exit(1)  # or all requests would wait for ever
        self._model = None
        self.ended.set_result(None)

    def _answer_all(self) -> None:
        """Answer what comes, until stop() stands behind it."""
        is_stopping = False
        while not is_stopping or self._long_answers:
            with suppress(Empty):
                first = self._waiting.get(timeout=self._long_answers.pause)
                if first:
                    self._answer(self._with_others(first))
                is_stopping |= first is None
            if self._long_answers:
                self._long_answers.step()

    def _load(self) -> None:
        try:
            self._model = self.handlers.model_fn(self.folder)
        except InputError as error:
            self.problem = f"no model: {error}"
            logger.error(self.problem)
            self.loaded.set_exception(error)
        except BaseException as error:
            self.problem = f"the model could not be loaded: {type(error).__name__}"
            logger.exception(self.problem)
            self.loaded.set_exception(error)
        else:
            self.problem = ""
            logger.info("the model is loaded; /ping answers 200")
            self.loaded.set_result(None)

    def _with_others(self, first: Exchange) -> list[Exchange]:
        """Give a request and those that wait behind it, without those whose clients have left."""
        exchanges, size = [first], len(first.body)
        with suppress(Empty):
            while exchanges[-1] and size < MOST_READ and hasattr(self.handlers, "join_fn"):
                exchanges.append(self._waiting.get_nowait())
                size += len(exchanges[-1].body) if exchanges[-1] else 0
        if exchanges[-1] is None:  # stop() stands behind them
            self._waiting.put(exchanges.pop())
        return [exchange for exchange in exchanges if exchange.answer.set_running_or_notify_cancel()]

    def _answer(self, exchanges: list[Exchange]) -> None:
        for group in _groups([exchange for exchange in exchanges if self._read(exchange)]):
            if len(group) == 1 or not self._predict_together(group):
                for exchange in group:
                    self._predict(exchange)

    def _read(self, exchange: Exchange) -> bool:
        """Read the rows of a request; answer it at once where that cannot be done, and by and by where it is large."""
        with exchange.answering():
            if self.problem:
                raise not_ready(self.problem)
            exchange.negotiate()
            if is_long(exchange) and self._takes_parts:
                predict, write = partial(self._predict_part, exchange), partial(self._pieces, exchange)
                self._long_answers.add(in_parts(exchange, predict, write))
                return False
            body = exchange.body if isinstance(exchange.body, bytes) else exchange.body.file.read()
            exchange.rows = self.handlers.input_fn(body, exchange.content_type)
            exchange.body = b""
            return True
        return False

    def _predict(self, exchange: Exchange) -> None:
        with exchange.answering():
            self._write(exchange, self.handlers.predict_fn(exchange.rows, self._model))

    def _predict_part(self, exchange: Exchange, part: bytes) -> tuple[Any, int]:
        rows = self.handlers.input_fn(part, exchange.content_type)
        return self.handlers.predict_fn(rows, self._model), _count(rows)

    def _predict_together(self, exchanges: list[Exchange]) -> bool:
        """Predict in one call; not where that fails, for one of the requests may be at fault."""
        try:
            rows = self.handlers.join_fn([exchange.rows for exchange in exchanges])
            predictions = self.handlers.predict_fn(rows, self._model)
        except BaseException:
            return False
        if isinstance(predictions, Iterator):
            return False
        first = 0
        for exchange in exchanges:
            last = first + len(exchange.rows)
            with exchange.answering():
                self._write(exchange, predictions[first:last])
            first = last
        return True

    def _write(self, exchange: Exchange, predictions: Any) -> None:
        body = predictions
        if not isinstance(predictions, Iterator):
            body = self.handlers.output_fn(exchange.wanted(predictions, self.probabilities), exchange.accept)
        if isinstance(body, Iterator):
            pieces = self._pieces(exchange, predictions) if body is predictions else _as_bytes(exchange, body)
            self._long_answers.add(streamed(exchange, pieces, _count(exchange.rows)))
        else:
            exchange.reply(exchange.content(body), _count(exchange.rows))

    def _pieces(self, exchange: Exchange, predictions: Any) -> Generator[bytes]:
        """Write predictions, or those that the model's code yields; its `output_fn` may yield as well."""
        for some in predictions if isinstance(predictions, Iterator) else [predictions]:
            body = self.handlers.output_fn(exchange.wanted(some, self.probabilities), exchange.accept)
            yield from _as_bytes(exchange, body if isinstance(body, Iterator) else [body])


def _as_bytes(exchange: Exchange, pieces: Iterable[Any]) -> Generator[bytes]:
    yield from filter(None, map(exchange.content, pieces))  # an empty one would end the answer


def _count(rows: Any) -> int:
    return len(rows) if isinstance(rows, Sized) else 0


def _groups(exchanges: list[Exchange]) -> Iterator[list[Exchange]]:
    """Put requests together, as long as they have few rows."""
    if len(exchanges) < 2:  # the rows of one need no length
        yield from filter(None, [exchanges])
        return
    group: list[Exchange] = []
    for exchange in exchanges:
        if group and sum(len(other.rows) for other in group) + len(exchange.rows) > MOST_TOGETHER:
            yield group
            group = []
        group.append(exchange)
    yield group
