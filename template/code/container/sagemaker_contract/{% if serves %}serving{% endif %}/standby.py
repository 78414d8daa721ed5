"""A worker that has no model leaves the connections to those that have theirs."""

import logging
import mmap
import os
import struct
import time
from contextlib import suppress

from .engine import Model

MOST_WORKERS = 512
RETRY_SECONDS = 10.0  # after a load that failed here and succeeded elsewhere, as for want of memory at that moment
logger = logging.getLogger(__name__)


class Standby:
    """Says whether this worker should take connections. Made before the workers are forked, which share it.

    Args:
        model: the worker's.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._ready = struct.Struct(f"{MOST_WORKERS}i")  # the numbers of the processes that have their models
        self._shared = mmap.mmap(-1, self._ready.size)
        self._failed_at: float | None = None

    def is_open(self) -> bool:
        """Tell whether it has its model, or no other worker has; asked again and again, also where nobody comes.

        A worker that could not load what another has loaded ends after a while, and the one in its place tries again.
        """
        if not self._model.problem:
            self._note()
            return True
        is_elsewhere = any(number and _lives(number) for number in self._ready.unpack(self._shared))
        if is_elsewhere and self._model.has_failed:
            self._failed_at = self._failed_at or time.monotonic()
            if time.monotonic() - self._failed_at > RETRY_SECONDS:
                logger.error("another worker has loaded the model, and this one could not; it is replaced")
                os._exit(1)
        return not is_elsewhere

    def _note(self) -> None:
        """Write this process's number where none stands, or that of a process which is gone."""
        numbers, own = list(self._ready.unpack(self._shared)), os.getpid()
        if own not in numbers:
            place = next((place for place, number in enumerate(numbers) if not number or not _lives(number)), 0)
            struct.pack_into("i", self._shared, place * struct.calcsize("i"), own)


def _lives(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        return True
    return False
