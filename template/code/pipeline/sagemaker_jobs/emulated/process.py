"""Jobs as plain processes: Python of the model's own environment, with the code that goes into the image."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from utils.config_reader import ConfigError

from .containers import Container, Way, inherited

PROGRAMS = {"train": "sagemaker_contract.training", "serve": "sagemaker_contract.serving"}
PYTHON = re.compile(r"(.*/)?python3?")


class Process(Way):
    """The way that needs nothing but Python."""

    def check(self, image: str, hosts: int = 1) -> None:
        """See that the model's environment is there; the image does not matter.

        Raises:
            ConfigError: it is not, or the job has several hosts.
        """
        if hosts > 1:
            others = "docker and local-mode start several hosts"
            raise ConfigError(f"the job has {hosts} instances; accepted by --backend process: 1 ({others})")
        if not self._python.exists():
            made = "scripts/local_run/pipeline.sh makes it"
            raise ConfigError(f"there is no {self._python}; accepted: the environment of {self.model} ({made})")

    def command(self, container: Container) -> tuple[list[str], dict[str, str]]:
        """Give what the image's own train or serve runs, or what a processing job names; and its variables.

        Raises:
            ConfigError: a processing job names no program of Python.
        """
        own = {
            "MODEL": self.model,
            "REVISION": self._revision,
            "PYTHONPATH": str(self.project / "code" / "container"),
            "PYTHONUNBUFFERED": "1",
            "SAGEMAKER_BASE_DIR": str(container.base),
            "SAGEMAKER_BIND_TO_PORT": str(container.port or ""),
            "HOST_TO_BIND": "127.0.0.1",  # a server that asks nobody who they are is for this machine alone
        }
        environment = inherited() | own | container.environment
        if not container.entrypoint and container.words in (["train"], ["serve"]):
            return [str(self._python), "-m", PROGRAMS[container.words[0]]], environment
        program, *arguments = [*container.entrypoint, *container.words] or [""]
        if not PYTHON.fullmatch(program):
            accepted = "accepted by --backend process: python or python3, with arguments"
            raise ConfigError(f"ContainerEntrypoint begins with {program!r}; {accepted}")
        below = [re.sub(r"^/opt/ml(?=/|$)", str(container.base), word) for word in arguments]
        return [str(self._python), *below], environment

    @contextmanager
    def keeping(self, port: int) -> Iterator[tuple[int, ...]]:
        """Bind the port without listening: on Linux the server can take it, but nobody is given it as a free one.

        Raises:
            ConfigError: somebody has it already.
        """
        if not port or sys.platform != "linux":
            yield ()
            return
        with socket.socket() as kept:
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                kept.bind(("127.0.0.1", port))
            except OSError as error:
                raise ConfigError(f"port {port} was taken meanwhile ({error}); accepted: to try again") from None
            yield (kept.fileno(),)

    def seen(self, base: Path) -> str:
        """Give the path by which the program knows its /opt/ml."""
        return str(base)

    @property
    def _python(self) -> Path:
        return self.project / "code" / "container" / self.model / ".venv" / "bin" / "python"

    @cached_property
    def _revision(self) -> str:
        """The revision of the code, which training writes into model.json."""
        describe = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude", "*"]
        with suppress(OSError):
            found = subprocess.run(describe, cwd=self.project, capture_output=True, text=True, start_new_session=True)
            return found.stdout.strip() or "unknown"
        return "unknown"
