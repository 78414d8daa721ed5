"""A job under way on this machine."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..backends import Stored
from . import locks, logs, servers
from .containers import GRACE, LOOK, SERVER_GRACE, Container, Running, Way, end
from .data import Unusable
from .records import Records

REASON = 1024  # characters of a FailureReason


class Job:
    """A job, from its request to its end.

    Args:
        kind: such as TrainingJob.
        request: SageMaker's.
        records: where its description is kept.
        stored: what it reads and writes.
        way: how its containers run.

    Attributes:
        folder: its own; gets a folder, for as long as the job runs, and a log for each host.
        ending: why it is ended before it is done: Stopped or MaxRuntimeExceeded, or empty.
    """

    def __init__(self, kind: str, request: dict[str, Any], records: Records, stored: Stored, way: Way) -> None:
        self.kind, self.request, self.stored, self.way = kind, request, stored, way
        self.name = request[f"{kind}Name"]
        self.arn = records.arn(kind, self.name)
        self.folder = records.folder(kind, self.name)
        self.ending = ""
        self._records = records
        self._told_to_stop = threading.Event()
        self._seconds = request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)

    def say(self, words: str) -> None:
        """Write a line into its log."""
        with (self.folder / "algo-1.log").open("a", encoding="utf-8") as log:
            print(words, file=log)

    def update(self, **fields: Any) -> None:
        """Change its description."""
        self._records.update(self.kind, self.name, **fields)

    def stop(self) -> None:
        """Have it stopped."""
        self._told_to_stop.set()

    def must_end(self, since: float | None = None) -> bool:
        """Tell whether it has to end before it is done, and remember why; it may run so long since this moment."""
        if not self.ending and self._told_to_stop.is_set():
            self.ending = "Stopped"
        if not self.ending and since is not None and time.monotonic() - since > self._seconds:
            self.ending = "MaxRuntimeExceeded"
        return bool(self.ending)

    def run(self, containers: list[Container]) -> int:
        """Run containers to their end, all of them to that of the first that fails; give its exit code, or 0."""
        running: list[Running] = []
        with self.way.around(containers):
            try:
                for container in containers if not self.must_end() else []:
                    running.append(self._started(container))
                since = time.monotonic()
                while running and not self.must_end(since):
                    codes = [one.code() for one in running]
                    if any(codes) or None not in codes:
                        return next(filter(None, codes), 0)
                    self._told_to_stop.wait(LOOK)
                return 0
            finally:
                end(running, GRACE)
                for container in containers[: len(running)]:
                    logs.end_line(container.log)

    @contextmanager
    def serving(self, container: Container) -> Iterator[None]:
        """Have a server as long as the block lasts; it is ready, unless the job must end.

        Raises:
            Unusable: it ended, or did not get ready.
        """
        server = self._started(container)
        since = time.monotonic()
        try:
            is_ready = False
            while not self.must_end() and not is_ready:
                is_late = time.monotonic() - since > servers.READY_SECONDS
                is_ready = servers.is_ready(container.port)
                if server.code() is not None or (is_late and not is_ready):  # another's may have answered
                    raise Unusable(f"the server did not answer /ping with 200 (exit code {server.code()}); see its log")
                time.sleep(0 if is_ready else LOOK)
            yield
        finally:
            end([server], SERVER_GRACE)
            logs.end_line(container.log)

    def _started(self, container: Container) -> Running:
        """Start a container, with a lock by which a later command finds it, should this one be killed."""
        lock = locks.hold(container.log.with_suffix(".lock"))
        try:
            running = Running(self.way, container, inherits=[lock])
            with suppress(OSError):  # no space is left, say
                os.write(lock, str(running.pid).encode())
            return running
        finally:
            os.close(lock)

    def clear(self) -> None:
        """Remove the folders that stood for /opt/ml; the logs stay."""
        for base in filter(Path.is_dir, self.folder.iterdir()):
            shutil.rmtree(base, ignore_errors=True)

    def finish(self, failure: str) -> None:
        """Describe its end: it was ended, failed for this reason, or completed."""
        status = "Stopped" if self.ending else "Failed" if failure else "Completed"
        fields = {f"{self.kind}Status": status, f"{self.kind.removesuffix('Job')}EndTime": datetime.now(UTC)}
        if self.kind == "TrainingJob":
            fields["SecondaryStatus"] = self.ending or status
        if self.ending == "MaxRuntimeExceeded":
            failure = f"the job exceeded MaxRuntimeInSeconds, which is {self._seconds}"
        self.update(**fields, **({"FailureReason": failure[:REASON]} if failure else {}))
