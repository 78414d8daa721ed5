"""Wait for a job, and show meanwhile what it does: its status, for how long, and its log."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext, suppress
from threading import Event
from typing import Any

from rich.console import Console
from rich.text import Text

from . import asking
from .backends import Backend
from .kinds import ENDED, KINDS, Kind

LAST_LINES = 10
MOST_RETRIES = 30  # descriptions that fail one after the other, as when the network is down for a while


class JobFailed(Exception):
    """A job did not complete.

    Attributes:
        job: its name.
        status: Failed or Stopped.
        cause: what SageMaker gives as the reason, in a line.
    """

    def __init__(self, kind: Kind, name: str, status: str, cause: str, last_lines: list[str]) -> None:
        self.job = name
        self.status = status
        self.cause = " ".join(cause.split()) or "no reason given"
        log = "".join(f"\n  {line}" for line in last_lines)
        super().__init__(f"{kind.noun} {name} {status.lower()}: {self.cause}{log and f'; the end of its log:{log}'}")


class JobGoesOn(Exception):
    """Nobody waits any more for a job that goes on, or may do so.

    Args:
        kind: the job's.
        name: the job's.
        cause: why nobody waits, in a line.
        run: the run that the job is of.
        is_known: whether the job is known to be there.

    Attributes:
        job: its name.
        cause: as given.
    """

    def __init__(self, kind: Kind, name: str, cause: str, run: str = "", is_known: bool = True) -> None:
        self.job = name
        self.cause = cause
        told = f"{kind.noun} {name} {'goes on' if is_known else 'may have been made'}: `{kind.command(name)}` shows it"
        then = f", and the same batches with `--run {run} --resume` wait for it" if run else ""
        super().__init__(f"{cause}\n{told}{then}")


class Follower:
    """Follows jobs to their ends.

    Args:
        backend: where they run.
        console: where they are shown; on a terminal the last line tells status and time.
        seconds: between two looks.
        asks: whether Ctrl-C asks what becomes of the job; else it is stopped.
        run: the run that the jobs are of; endpoints are of none.
        label: what tells its lines from those of jobs that run at the same time; status and time are not shown then.
    """

    def __init__(
        self, backend: Backend, console: Console, seconds: float, asks: bool, run: str = "", label: str = ""
    ) -> None:
        self._backend = backend
        self._console = console
        self._seconds = seconds
        self._asks = asks
        self._run = run
        self._label = label and f"[{label}] "
        self._is_over = Event()

    def follow(self, kind: str, name: str) -> dict[str, Any]:
        """Wait until a job has ended, or an endpoint serves; give its description.

        Raises:
            JobFailed: it failed or was stopped; with the reason and the end of its log.
            JobGoesOn: it cannot be looked at any more, or the user wanted that on Ctrl-C.
            KeyboardInterrupt: Ctrl-C; the job was stopped.
        """
        from utils.aws.errors import AwsError

        followed = KINDS[kind]
        self.say(f"{followed.noun} {name}")
        try:
            try:
                return self._wait(followed, name)
            except (KeyboardInterrupt, SystemExit) as end:
                self._interrupted(followed, name, can_wait=isinstance(end, KeyboardInterrupt))
                raise
        except AwsError as error:
            raise self._goes_on(followed, name, str(error)) from error

    def interrupt(self) -> None:
        """Have who waits interrupted, as by Ctrl-C, which Python gives to its first thread alone."""
        self._is_over.set()

    def raise_if_interrupted(self) -> None:
        """Keep who is interrupted before a job from beginning it. Raises KeyboardInterrupt."""
        if self._is_over.is_set():
            raise KeyboardInterrupt

    def say(self, words: str) -> None:
        """Show a line as one of this job's."""
        self._console.print(Text(f"{self._label}{words}"), soft_wrap=True)

    def _wait(self, kind: Kind, name: str) -> dict[str, Any]:
        last_lines: deque[str] = deque(maxlen=LAST_LINES)
        start, has_ended = time.monotonic(), False
        with nullcontext() if self._label else self._console.status(f"{kind.noun} is starting") as shown:
            while True:
                described = self._patiently(lambda: kind.describe(self._backend.sagemaker, name))
                for line in self._backend.log_lines(kind.name, name):
                    last_lines.append(line)
                    self.say(f"  {line}")
                status = kind.status(described)
                if status in ENDED and has_ended:
                    break
                has_ended = status in ENDED  # its last lines may come a little later
                if shown:
                    detail = described.get("SecondaryStatus", status)
                    shown.update(f"{kind.noun}: {detail}, {_time(time.monotonic() - start)}")
                if self._is_over.wait(self._seconds):
                    raise KeyboardInterrupt
        if status not in ("Completed", "InService"):
            reason = described.get("FailureReason") or described.get("ExitMessage") or described.get("SecondaryStatus")
            raise JobFailed(kind, name, status, reason or "", list(last_lines))
        return described

    def _patiently(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Ask again while SageMaker is throttled or cannot be reached: the job goes on by itself."""
        from utils.aws.errors import Passing

        for _ in range(MOST_RETRIES):
            with suppress(Passing):
                return ask()
            time.sleep(self._seconds)
        return ask()

    def _goes_on(self, kind: Kind, name: str, cause: str) -> JobGoesOn:
        return JobGoesOn(kind, name, cause, "" if kind.name == "Endpoint" else self._run)

    def _interrupted(self, kind: Kind, name: str, can_wait: bool) -> None:
        if kind.name == "Endpoint":
            cleanup = f"scripts/local_run/pipeline.sh cleanup --backend {self._backend.name}"
            self.say(f"endpoint {name} is still being made: `{cleanup}` shows it, with the same --config")
            return
        question = f"Stop {kind.noun} {name}? It goes on otherwise"
        if self._asks and can_wait and not asking.agreed(question, default=True):
            raise self._goes_on(kind, name, "interrupted")
        kind.stop(self._backend.sagemaker, name)
        self.say(f"{kind.noun} {name} is told to stop")
        while can_wait and kind.status(kind.describe(self._backend.sagemaker, name)) not in ENDED:
            time.sleep(self._seconds)


def _time(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes}:{seconds:02}"
