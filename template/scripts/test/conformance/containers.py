"""Containers of the image under test, by Docker's command line."""

import itertools
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from .items import Failed

T = TypeVar("T")

IDLE = 0.05  # of a core, less than which a program takes that waits
_numbers = itertools.count()


def docker(*arguments: str, check: bool = True, timeout: float = 60, **options) -> subprocess.CompletedProcess:
    """Run a command of Docker's.

    Raises:
        Failed: it ended with another exit code than 0, if checked, or took too long.
    """
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, timeout=timeout, **options)
    except subprocess.TimeoutExpired:
        raise Failed(f"`docker {arguments[0]}` took more than {timeout:.0f} s") from None
    if check and done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise Failed(f"`docker {arguments[0]}` ended with {done.returncode}: {lines[-1]}")
    return done


def inspect(kind: str, name: str) -> dict:
    """Give what the engine knows of an image or a container."""
    return json.loads(docker(kind, "inspect", name).stdout)[0]


@dataclass(frozen=True)
class Process:
    """A process in a container, with the engine's numbers for it and its parent."""

    number: int
    parent: int
    command: str


class Container:
    """A container in the background.

    Args:
        image: what it runs.
        command: the word that SageMaker would give, `train` or `serve`, or nothing.
        options: further options of `docker run`.
    """

    def __init__(self, image: str, command: Sequence[str], options: Sequence[str]) -> None:
        self.name = f"contract-{os.getpid()}-{next(_numbers)}"
        self.started = time.monotonic()
        started = docker("run", "--detach", "--name", self.name, *options, image, *command, check=False)
        self.not_started = started.returncode
        self.message = started.stderr.decode(errors="replace").strip()

    def wait(self, timeout: float) -> int:
        """Give the exit code; of a container that could not be started, that of `docker run`.

        Raises:
            Failed: it runs longer.
        """
        if self.not_started:
            return self.not_started
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            state = inspect("container", self.name)["State"]
            if not state["Running"]:
                return state["ExitCode"]
            time.sleep(0.1)
        raise Failed(f"the container still runs after {timeout:.0f} s")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self.not_started and inspect("container", self.name)["State"]["Running"]

    def logs(self) -> str:
        """Give standard output and standard error, one after the other."""
        if self.not_started:
            return self.message
        done = docker("logs", self.name, check=False)
        return (done.stdout + done.stderr).decode(errors="replace")

    def last_line(self) -> str:
        """Give the last line of the log, for a message."""
        lines = self.logs().strip().splitlines() or ["an empty log"]
        return lines[-1][:200]

    def send(self, signal: str) -> None:
        """Send a signal to process 1."""
        docker("kill", "--signal", signal, self.name)

    def send_while_paused(self, signal: str, look: Callable[[], T]) -> T:
        """Send a signal to process 1 while nothing in the container moves, and give what `look` saw just before."""
        paused = not docker("pause", self.name, check=False).returncode  # not every engine can
        seen = look()
        self.send(signal)
        if paused:
            docker("unpause", self.name, check=False)  # Docker has done so with the signal
        return seen

    def limit_memory(self, size: int) -> None:
        """Leave it so many bytes of memory, and no swap."""
        docker("update", "--memory", str(size), "--memory-swap", str(size), self.name)

    def memory(self) -> int:
        """Give the bytes of memory that it uses, as the engine counts them."""
        used = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", self.name).stdout.decode().split("/")[0]
        found = re.fullmatch(r"([\d.]+)([KMG]i)?B", used.strip())
        if not found:
            raise Failed(f"the engine does not say how much memory the container uses: {used!r}")
        return int(float(found[1]) * 1024 ** ("", "Ki", "Mi", "Gi").index(found[2] or ""))

    def resident(self) -> int:
        """Give the bytes of memory that its processes have, each counted for itself."""
        lines = docker("top", self.name, "-eo", "pid,rss").stdout.decode().splitlines()[1:]
        return sum(int(line.split()[1]) * 1024 for line in lines)

    def slow_down(self, cores: float) -> None:
        """Leave it a part of a core only."""
        docker("update", "--cpus", str(cores), self.name)

    def wait_until_idle(self, least: float, most: float) -> None:
        """Wait for some seconds, and then until nothing in it computes any more; or until it has ended."""
        start = time.monotonic()
        while self.is_running and (passed := time.monotonic() - start) < most:
            if passed >= least and self._cores_in_use() < IDLE:
                return
            time.sleep(0.1)

    def _cores_in_use(self) -> float:
        done = docker("stats", "--no-stream", "--format", "{{.CPUPerc}}", self.name, check=False)
        share = done.stdout.decode(errors="replace").strip().removesuffix("%")
        return float(share) / 100 if share.replace(".", "", 1).isdecimal() else 0.0

    def port(self, inside: int) -> int:
        """Give the port of this machine at which a port of the container is published."""
        published = inspect("container", self.name)["NetworkSettings"]["Ports"].get(f"{inside}/tcp")
        if not published:
            raise Failed(f"the container ended: {self.last_line()}")
        return int(published[0]["HostPort"])

    def processes(self) -> list[Process]:
        """List the processes, process 1 first; none once the container has ended."""
        done = docker("top", self.name, "-eo", "pid,ppid,args", check=False)
        rows = [line.split(None, 2) for line in done.stdout.decode(errors="replace").splitlines()[1:]]
        processes = [Process(int(pid), int(parent), command) for pid, parent, command in rows]
        numbers = {process.number for process in processes}
        return sorted(processes, key=lambda process: process.parent in numbers)

    def changed_paths(self) -> list[str]:
        """List what was added or changed in the container's own layer, so not in what is mounted."""
        lines = docker("diff", self.name).stdout.decode(errors="replace").splitlines()
        return [line[2:] for line in lines if line[:1] in "AC"]

    def run_beside(self, image: str, script: str) -> None:
        """Run a shell script as root among the container's processes."""
        options = ("--rm", "--pid", f"container:{self.name}", "--network", "none", "--user", "0", "--entrypoint", "sh")
        docker("run", *options, image, "-c", script)

    def remove(self) -> None:
        """End and remove it, whatever it does."""
        docker("rm", "--force", "--volumes", self.name, check=False)


@contextmanager
def running(image: str, command: Sequence[str], options: Sequence[str]) -> Iterator[Container]:
    """Start a container, and remove it in the end."""
    container = Container(image, command, options)
    try:
        yield container
    finally:
        container.remove()


@contextmanager
def network() -> Iterator[str]:
    """Make a network that leads nowhere else, for containers that find each other by name; give its name."""
    name = f"contract-{os.getpid()}-{next(_numbers)}"
    docker("network", "create", "--internal", name)
    try:
        yield name
    finally:
        docker("network", "rm", name, check=False)
