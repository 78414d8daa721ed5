"""SIGTERM, which SageMaker sends when a job is stopped or a spot instance is taken back; SIGKILL follows in 120 s."""

import os
import signal
import sys
import threading
from contextlib import AbstractContextManager

STOPPED = 128 + signal.SIGTERM
PATIENCE = 8  # seconds for the round under way, whose end saves the state


class Stop(AbstractContextManager):
    """Hears SIGTERM, in a `with` block of the main thread.

    Attributes:
        requested: whether the signal came.
        waits_for_round: until this is set, the signal ends the job at once by SystemExit. From then on it is only
            noted: the end of the round saves the state and ends the job, or else this does after PATIENCE, whatever
            the fit is busy with.
    """

    def __init__(self) -> None:
        self.requested = False
        self.waits_for_round = False

    def __enter__(self) -> "Stop":
        """Listen from now on."""
        heard, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        signal.set_wakeup_fd(self._tell)  # written to at once, even while the main thread is in compiled code
        self._before = signal.signal(signal.SIGTERM, self._end_at_once)
        threading.Thread(target=self._hear, args=(heard,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        signal.signal(signal.SIGTERM, self._before)
        signal.set_wakeup_fd(-1)
        os.close(self._tell)

    def _hear(self, heard: int) -> None:
        with os.fdopen(heard, "rb", buffering=0) as signals:
            while (number := signals.read(1)) != bytes([signal.SIGTERM]):
                if not number:  # the end of the block
                    return
            self.requested = True
            words = "saving the state after this round" if self.waits_for_round else "there is no state to save"
            print(f"SIGTERM: {words}", file=sys.stderr, flush=True)
            threading.Event().wait(PATIENCE)
        print(f"SIGTERM: still busy after {PATIENCE} s; ending without", file=sys.stderr, flush=True)
        os._exit(STOPPED)

    def _end_at_once(self, *_: object) -> None:
        if not self.waits_for_round:
            sys.exit(STOPPED)
