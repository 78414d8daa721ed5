"""Channels as Pipe mode hands them over: a FIFO per epoch, which the job reads to its end."""

import errno
import fcntl
import itertools
import os
import select
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .given import Given, make_fifo

CHUNK = 65_536  # bytes, as many as a FIFO holds
PAUSE = 0.01  # seconds between two looks
BETWEEN = 1  # seconds until a late FIFO of the next epoch appears


class Channel(threading.Thread):
    """Writes a channel's files into its FIFOs, epoch after epoch, for as long as a job opens them.

    Args:
        folder: the folder of the FIFOs.
        channel: its name.
        files: what is written, one after the other.
        late: whether no FIFO is there before `appear` is set; otherwise that of the next epoch always is.

    Attributes:
        appear: set when the first FIFO is to appear.
        over: set when the job is over.
        read: the names of the FIFOs that were read to their ends.
        faults: what the job did that SageMaker does not bear.
    """

    def __init__(self, folder: Path, channel: str, files: list[Path], late: bool) -> None:
        super().__init__(daemon=True)
        self.folder, self.channel, self.files, self.late = folder, channel, files, late
        self.read: list[str] = []
        self.faults: list[str] = []
        self.appear = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        """Write an epoch after the other."""
        if self.late:
            self.appear.wait()
        for epoch in itertools.count():
            path, following = self._fifo(epoch), self._fifo(epoch + 1)
            make_fifo(path)
            if not self.late:
                make_fifo(following)
            if (fifo := self._wait_for_reader(path)) is None:
                return
            if epoch and _has_reader(self._fifo(epoch - 1)):
                self.faults.append(f"{path.name} is opened, and {self._fifo(epoch - 1).name} not yet closed")
            try:
                self._write(fifo)
                if following.exists() and _has_reader(following):
                    self.faults.append(f"{following.name} is opened before the end of {path.name}")
                self.read.append(path.name)
            except BrokenPipeError:
                self.faults.append(f"{path.name} is closed before its end")
            finally:
                os.close(fifo)
            if self.late:
                self.over.wait(BETWEEN)

    def _fifo(self, epoch: int) -> Path:
        return self.folder / f"{self.channel}_{epoch}"

    def _wait_for_reader(self, path: Path) -> int | None:
        """Open a FIFO once the job has; None if the job is over before that."""
        while not self.over.wait(PAUSE):
            with suppress(OSError):
                fifo = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                os.set_blocking(fifo, True)
                return fifo
        return None

    def _write(self, fifo: int) -> None:
        """Write all files, and wait until the job has taken the last byte.

        Raises:
            BrokenPipeError: the job has closed the FIFO before.
        """
        for file in self.files:
            with file.open("rb") as source:
                while chunk := source.read(CHUNK):
                    rest = memoryview(chunk)
                    while rest:
                        rest = rest[os.write(fifo, rest) :]
        while _unread(fifo) and not self.over.wait(PAUSE):
            if _is_broken(fifo):
                raise BrokenPipeError


@contextmanager
def piped(given: Given, folder: Path, late: bool = False) -> Iterator[list[Channel]]:
    """Write all channels into FIFOs of this folder, until the job is over."""
    channels = [Channel(folder, name, files, late) for name, files in given.channels.items()]
    for channel in channels:
        channel.start()
    try:
        yield channels
    finally:
        for channel in channels:
            channel.over.set()
            channel.appear.set()
            channel.join(5)


def _has_reader(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        if error.errno == errno.ENXIO:
            return False
        raise
    return True


def _unread(fifo: int) -> int:
    """Count the bytes that are written and not yet read."""
    return struct.unpack("i", fcntl.ioctl(fifo, termios.FIONREAD, b"\0" * 4))[0]


def _is_broken(fifo: int) -> bool:
    poll = select.poll()
    poll.register(fifo, 0)
    return bool(poll.poll(0))
