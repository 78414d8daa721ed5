"""Answers that take the model's thread many steps, between which it may answer other requests."""

import logging
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from typing import Any, BinaryIO

from .errors import RequestError
from .exchanges import Exchange
from .incoming import IN_MEMORY, no_space
from .lines import PART, parts
from .negotiation import CSV, JSON
from .predictions import joined
from .streams import BrokenStream, StoredAnswer, Stream

PAUSE = 0.02  # seconds, where all clients are slower than the model
logger = logging.getLogger(__name__)
Predict = Callable[[bytes], tuple[Any, int]]
Write = Callable[[Any], Iterator[bytes]]


class LongAnswers:
    """Takes them on in turn, step by step; a step says whether there was something to do."""

    def __init__(self) -> None:
        self._steps: deque[Iterator[bool]] = deque()
        self._idle = 0  # steps in a row with nothing to do

    def __bool__(self) -> bool:
        return bool(self._steps)

    @property
    def pause(self) -> float | None:
        """Seconds for which nothing has to be done here; None where there is no such answer."""
        if not self._steps:
            return None
        return PAUSE if self._idle >= len(self._steps) else 0

    def add(self, steps: Iterator[bool]) -> None:
        """Take on another answer."""
        self._steps.append(steps)
        self._idle = 0

    def step(self) -> None:
        """Take the next one a step on."""
        steps = self._steps.popleft()
        is_busy = next(steps, None)
        if is_busy is not None:
            self._steps.append(steps)
        self._idle = self._idle + 1 if is_busy is False else 0


def is_long(exchange: Exchange) -> bool:
    """Tell whether a body is answered part by part: one of lines that is larger than a part."""
    return len(exchange.body) > PART and exchange.content_type != JSON


def streamed(exchange: Exchange, pieces: Generator[bytes], rows: int) -> Iterator[bool]:
    """Answer with what the model's code yields, as it comes; what fails before the first piece is a plain refusal."""
    with closing(pieces):
        first = None
        with exchange.answering():
            first = next(pieces, b"")
        if first is None:
            return
        stream = Stream()
        exchange.reply(stream, rows)
        try:
            while first:
                while not stream.offer(first):
                    yield False
                yield True
                first = next(pieces, b"")
            stream.end()
        except BrokenStream:
            logger.warning("a client left, or was too slow, before the end of a streamed answer")
        except GeneratorExit:
            raise
        except BaseException:
            stream.end(is_broken=True)
            logger.exception("a streamed answer failed")


def in_parts(exchange: Exchange, predict: Predict, write: Write) -> Iterator[bool]:
    """Answer a large body part by part, with the answer on disk once it is large.

    Args:
        exchange: the request.
        predict: gives a part's predictions and the number of its rows.
        write: gives the bytes that answer some rows.
    """
    done, held = 0, []
    with exchange.answering():
        answer = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it outlives this function
        for part in parts(exchange.body, is_quoted=exchange.content_type == CSV):
            try:
                predictions, rows = predict(part)
            except RequestError as error:
                raise error.after(done) from None
            done += rows
            if exchange.accept == JSON and not isinstance(predictions, Iterator):  # one list, written at the end
                held.append(predictions)
            else:
                _keep(answer, write(predictions))
            yield True
        if held:
            _keep(answer, write(joined(held)))
        elif not done:
            predict(b"")  # which says that there are no rows
        exchange.reply(_content(answer), done)


def _keep(answer: BinaryIO, pieces: Iterator[bytes]) -> None:
    content = list(pieces)
    try:
        answer.writelines(content)
    except OSError as error:
        raise no_space(error) from None


def _content(answer: BinaryIO) -> bytes | StoredAnswer:
    size = answer.tell()
    answer.seek(0)
    return StoredAnswer(answer, size) if size > IN_MEMORY else answer.read()
