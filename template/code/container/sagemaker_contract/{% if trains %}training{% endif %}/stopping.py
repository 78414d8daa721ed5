"""SIGTERM, which SageMaker sends when a job is stopped or a spot instance is taken back; SIGKILL follows in 120 s.

Ctrl-C in a terminal is the same.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from ..ending import STOPPED, Told

SIGNALS = (signal.SIGTERM, signal.SIGINT)
PATIENCE = 8  # seconds for the round under way, whose end saves the state


class Stop(AbstractContextManager):
    """Hears SIGTERM, in a `with` block of the main thread.

    Args:
        told: ends the job at once.
        before_exit: is told the exit code where this ends the process.

    Attributes:
        requested: whether the signal came.
        waits_for_round: until this is set, the signal ends the job at once by SystemExit. From then on it is only
            noted: the end of the round saves the state and ends the job, or else this does after PATIENCE, whatever
            the fit is busy with.
    """

    def __init__(self, told: Told, before_exit: Callable[[int], object] = lambda code: None) -> None:
        self.requested = False
        self.waits_for_round = False
        self._told = told
        self._before_exit = before_exit
        os.register_at_fork(after_in_child=self._leave)

    def __enter__(self) -> "Stop":
        """Listen from now on."""
        heard, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        signal.set_wakeup_fd(self._tell)  # written to at once, even while the main thread is in compiled code
        self._before = {number: signal.signal(number, self._end_at_once) for number in SIGNALS}
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        os.close(self._tell)

    def _leave(self) -> None:
        """Forget the signals in a process that the job forks, such as a pool's: its end is not the job's."""
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def _hear(self, heard: int) -> None:
        with os.fdopen(heard, "rb", buffering=0) as signals:
            while (number := signals.read(1)) not in {bytes([one]) for one in SIGNALS}:
                if not number:  # the end of the block
                    return
        self.requested = True
        words = "saving the state after this round" if self.waits_for_round else "no state to save"
        print(f"told to stop: {words}", file=sys.stderr, flush=True)
        time.sleep(PATIENCE)
        print(f"still busy after {PATIENCE} s: ending with the last checkpoint, if any", file=sys.stderr, flush=True)
        self._before_exit(STOPPED)
        os._exit(STOPPED)

    def _end_at_once(self, *_: object) -> None:
        if not self.waits_for_round:
            self._told()
