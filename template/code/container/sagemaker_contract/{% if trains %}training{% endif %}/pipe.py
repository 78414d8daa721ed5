"""Pipe mode: a channel's data through a FIFO an epoch, `input/data/<channel>_0`, `_1` and so on."""

import io
import logging
import os
import select
import time
from pathlib import Path

from ..channels import formats
from ..channels.sources import Source
from ..channels.table import Table
from ..errors import InputError

LIMIT = 300  # seconds without a FIFO, a writer or a byte
LIMIT_OF_SECOND_EPOCH = 5  # seconds without a FIFO or a writer
INTERVAL = 0.1  # seconds between two looks
logger = logging.getLogger(__name__)


class NoWriter(InputError):
    """Nobody writes this epoch."""


def read(folder: Path, channel: str, target: str | None, columns: list[str] | None, content_type: str | None) -> Table:
    """Read epoch 0, then count the rows of epoch 1: a stream that broke off looks like one that ended.

    Args:
        folder: where the FIFOs are.
        channel: name of the channel.
        target: name of the label column; None means the last column.
        columns: the feature columns that another channel has; None means all but the target.
        content_type: what the job says of the data.

    Raises:
        InputError: no data comes, it cannot be read, or it broke off; names the epoch, the line and the cause.
    """
    first, second = (Epoch(folder / f"{channel}_{epoch}", content_type) for epoch in (0, 1))
    second.limit = LIMIT_OF_SECOND_EPOCH
    whole = "a stream that ends with its last row's line break, and is the same in every epoch"
    try:
        table = formats.read(channel, [first], target, columns)
    except InputError as error:
        if first.unfinished:
            raise InputError(f"{error.wrong} (the stream ended in the middle of this line)", whole) from None
        raise
    try:
        rows = formats.count(second)
    except NoWriter:
        if first.unfinished:
            wrong = f"{first.name}, line {first.unfinished[0]}: the stream ended in the middle of this line"
            raise InputError(wrong, whole) from None
        logger.warning("channel %r has no second epoch: whether the first one broke off cannot be told", channel)
        return table
    if rows != len(table.labels):
        wrong = f"channel {channel!r}: epoch 0 gave {len(table.labels)} rows and epoch 1 gave {rows}; one broke off"
        raise InputError(wrong, whole)
    if first.unfinished != second.unfinished:
        wrong = f"channel {channel!r}: the last line of epoch 0 or of epoch 1 broke off"
        raise InputError(wrong, whole)
    return table


class Epoch(Source):
    """A FIFO that gives all data once.

    Attributes:
        limit: seconds to wait for the FIFO and for its writer.
    """

    is_stream = True

    def __init__(self, path: Path, content_type: str | None) -> None:
        super().__init__(path, content_type)
        self.name = path.name
        self.limit = LIMIT

    def open_raw(self) -> io.RawIOBase:
        """Wait for the FIFO and open it; see `Fifo`."""
        end = time.monotonic() + self.limit
        while not self.path.exists():
            if time.monotonic() > end:
                raise NoWriter(f"{self.path} did not appear within {self.limit} s", "a FIFO an epoch, as in Pipe mode")
            time.sleep(INTERVAL)
        return Fifo(self.path, self.limit)


class Fifo(io.RawIOBase):
    """The reading end of a FIFO. Waits for a writer and for bytes, but never for ever."""

    def __init__(self, path: Path, limit: float) -> None:
        self.name = path.name
        self.limit = limit
        self.had_writer = False
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.events = select.poll()
        self.events.register(self.descriptor, select.POLLIN)

    def readable(self) -> bool:
        """Tell io that this can be read."""
        return True

    def readinto(self, buffer: bytearray) -> int:
        """Fill the buffer; less than full means the end."""
        view, filled = memoryview(buffer), 0
        while filled < len(view) and (count := self._read(view[filled:])):
            filled += count
        return filled

    def close(self) -> None:
        """Close the FIFO; SageMaker opens the next one after that."""
        if not self.closed:
            os.close(self.descriptor)
        super().close()

    def _read(self, view: memoryview) -> int:
        """Wait for bytes and read them; 0 means that the writer closed the FIFO.

        Raises:
            InputError: nothing came within the limit.
        """
        end = time.monotonic() + self.limit
        while time.monotonic() < end:
            events = dict(self.events.poll(INTERVAL * 1000)).get(self.descriptor, 0)
            try:
                count = os.readv(self.descriptor, [view])
            except BlockingIOError:  # a writer without bytes
                self.limit, end = LIMIT, end if self.had_writer else time.monotonic() + LIMIT
                self.had_writer = True
                continue
            self.had_writer = self.had_writer or bool(events)
            if count or self.had_writer:
                return count
        if self.had_writer:
            raise InputError(f"{self.name}: no byte came within {self.limit} s", "a stream that goes on, or ends")
        raise NoWriter(f"{self.name}: nobody opened it for writing within {self.limit} s", "a writer for each epoch")
