"""What SageMaker would start as containers, and the programs of this machine that stand for them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import locks

GRACE = 120  # seconds between SIGTERM and SIGKILL, as SageMaker has it for jobs
SERVER_GRACE = 30  # and for servers
LOOK = 0.05  # seconds between two looks at what runs
NOT_INHERITED = ("SAGEMAKER_", "PYTHON", "VIRTUAL_ENV")  # what is set for the pipeline says nothing of a job


@dataclass(frozen=True)
class Container:
    """A container that SageMaker would start.

    Attributes:
        name: no two have the same.
        image: its image.
        words: what follows the image: train, serve, or the arguments of a processing job.
        base: the folder that stands for /opt/ml, named after the host.
        environment: variables that the request sets.
        entrypoint: comes in the place of the image's own.
        read_only: names of folders in `base`.
        hosts: of its job; empty for a server.
        port: of this machine, by which a server is reached.
    """

    name: str
    image: str
    words: list[str]
    base: Path
    environment: dict[str, str]
    entrypoint: list[str] = field(default_factory=list)
    read_only: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    port: int = 0

    @property
    def log(self) -> Path:
        """The file with its output."""
        return self.base.parent / f"{self.base.name}.log"


class Way:
    """A way to run what SageMaker would run as a container.

    Args:
        project: the project's folder.
        model: the name of the folder with the model's code.
    """

    def __init__(self, project: Path, model: str) -> None:
        self.project = project
        self.model = model

    def check(self, image: str, hosts: int = 1) -> None:
        """See that this machine has what it takes.

        Raises:
            ConfigError: something is missing; says what to do.
        """
        raise NotImplementedError

    def command(self, container: Container) -> tuple[list[str], dict[str, str]]:
        """Give the command line that runs a container until it ends, and all its variables."""
        raise NotImplementedError

    def bases(self, hosts: list[str]) -> list[str]:
        """Name the hosts of a training job that need a folder which stands for /opt/ml."""
        return hosts

    def seen(self, base: Path) -> str:
        """Give the path by which a container knows its /opt/ml."""
        return "/opt/ml"

    @contextmanager
    def keeping(self, port: int) -> Iterator[tuple[int, ...]]:
        """Keep a server's port from others until it listens, where that can be done; give what it is to inherit."""
        yield ()

    @contextmanager
    def around(self, containers: list[Container]) -> Iterator[None]:
        """Make what a job's containers need together, and clear it away after them."""
        yield

    def remove(self, name: str) -> None:
        """Clear away what may be left of a container that was killed."""


class Running:
    """A container that was started, in a session of its own: Ctrl-C in the terminal is not for it.

    Args:
        way: how it runs.
        container: what to run.
        inherits: descriptors that stay open in it.
    """

    def __init__(self, way: Way, container: Container, inherits: Iterable[int] = ()) -> None:
        self._way = way
        self._name = container.name
        command, environment = way.command(container)
        with container.log.open("ab") as log, way.keeping(container.port) as kept:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=container.base,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(*inherits, *kept),
            )
        self.pid = self._process.pid

    def code(self) -> int | None:
        """Give the exit code, as a shell gives it, or None while it runs."""
        code = self._process.poll()
        return code if code is None or code >= 0 else 128 - code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """End it and all that it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._way.remove(self._name)


def end_left(lock: Path) -> None:
    """End at once what still holds a lock, into which its number was written."""
    if locks.is_held(lock):
        with suppress(ProcessLookupError, ValueError):
            os.killpg(int(lock.read_text()), signal.SIGKILL)


def inherited() -> dict[str, str]:
    """Give the variables of this program that are for a job too."""
    return {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}


def end(running: list[Running], grace: float) -> None:
    """Send SIGTERM to what still runs, and SIGKILL to what does so after the grace, in seconds."""
    for one in running:
        one.terminate()
    give_up = time.monotonic() + grace
    while any(one.code() is None for one in running) and time.monotonic() < give_up:
        time.sleep(LOOK)
    for one in running:
        one.kill()
