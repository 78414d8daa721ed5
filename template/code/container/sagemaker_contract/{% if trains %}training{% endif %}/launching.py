"""Workers that a framework's own launcher starts, such as torchrun: one for each GPU of each host.

The launcher's exit code says only that some worker failed, and SIGTERM makes it end them before they save anything.
So each worker leaves its number and its exit code in a folder, and this process works with those.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ..ending import STOPPED
from .stopping import SIGNALS

FOLDER = "SAGEMAKER_CONTRACT_WORKERS"
PROGRAM = ["-m", "sagemaker_contract.training"]


def is_worker() -> bool:
    """Tell whether this process is one that a launcher started."""
    return FOLDER in os.environ


def place(hosts: Sequence[str]) -> tuple[int, list[str]]:
    """Give this worker's rank and the host of each worker, from the variables that launchers set."""
    rank, size, on_each = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    return rank, [hosts[number // on_each] for number in range(size)]


def register() -> None:
    """Leave this worker's number to the process that waits for it."""
    (Path(os.environ[FOLDER]) / f"{os.getpid()}.worker").touch()


def leave(code: int) -> int:
    """Leave a worker's exit code, unless another failed before, and give it back."""
    if code and is_worker():
        with suppress(FileExistsError), (Path(os.environ[FOLDER]) / "exit-code").open("x") as file:
            file.write(str(code))
    return code


class Workers:
    """The workers of this host, behind their launcher."""

    def __init__(self, launcher: list[str]) -> None:
        self._left = TemporaryDirectory()
        self._folder = Path(self._left.name)
        environment = {**os.environ, FOLDER: self._left.name}
        self._is_stopping = False
        self._launcher = subprocess.Popen([*launcher, *PROGRAM], env=environment, start_new_session=True)
        for number in SIGNALS:
            signal.signal(number, self._stop)

    def wait(self) -> int:
        """Give the exit code of the first worker that failed, or 0."""
        try:
            code = self._launcher.wait()
        except BaseException:
            self.kill()
            raise
        if code and self._is_stopping:
            return STOPPED
        left = self._folder / "exit-code"
        if code and left.exists():
            return int(left.read_text())
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """End the launcher and the workers at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._launcher.pid, signal.SIGKILL)
        self._left.cleanup()

    def _stop(self, *_: object) -> None:
        """Hand SIGTERM to the workers; where there are none yet, end the launcher."""
        self._is_stopping = True
        workers = [int(path.stem) for path in self._folder.glob("*.worker")]
        for number in workers:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGTERM)
        if not workers:
            self.kill()
            sys.exit(STOPPED)
