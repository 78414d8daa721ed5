"""The backends process, docker and local-mode: SageMaker and Amazon S3 as this machine stands for them."""

import os
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..aws_backend import Explained
from ..settings import Config
from .client import Client
from .containers import Way
from .docker import Docker
from .endpoints import Endpoints
from .hosting import Hosting
from .jobs import Jobs
from .local_mode import LocalMode
from .logs import Tails
from .models import Models
from .process import Process
from .records import Records
from .store import FolderStore

PROJECT = Path(__file__).parents[4]
WAYS = {"process": Process, "docker": Docker, "local-mode": LocalMode}


class EmulatedBackend:
    """Everything lies under the project's opt_ml; the variable LOCAL_S3 may name another folder for the objects.

    Args:
        name: process, docker or local-mode.
        config: the environment's.
        project: the project's folder.

    Attributes:
        name, sagemaker, runtime, stored: as in Backend.
    """

    def __init__(self, name: str, config: Config, project: Path = PROJECT) -> None:
        @cache
        def way(name: str) -> Way:
            return WAYS[name](project, config.model)

        self.name = name
        self.stored = FolderStore(Path(os.environ.get("LOCAL_S3") or project / "opt_ml" / "s3"))
        self._records = Records(project / "opt_ml", config.region)
        self._jobs = Jobs(self._records, self.stored, way(name))
        hosting = Hosting(self._records, self.stored, name, way)
        self._endpoints = Endpoints(self._records, self.stored, hosting)
        parts = [self._jobs, Models(self._records, self.stored), self._endpoints]
        if find_spec(f"{__package__}.tuning"):  # which a project that only serves has not
            from .tuning import TuningJobs

            parts.append(TuningJobs(self._jobs))
        operations = {method: answer for part in parts for method, answer in part.operations().items()}
        self.sagemaker = Explained(Client("sagemaker", operations))
        self.runtime = Explained(Client("sagemaker-runtime", self._endpoints.invocations()))
        self._tails = Tails()

    def client(self, service: str) -> Any:
        """Give None: no other service has something to do on this machine."""

    def log_lines(self, kind: str, job_name: str) -> Iterable[str]:
        """Give the lines of a job's log that have come since the last call; an endpoint's are its newest server's."""
        if kind == "Endpoint":
            return self._tails.lines(self._endpoints.logs(job_name))
        return self._tails.lines(sorted(self._records.folder(kind, job_name).glob("*.log")))

    def close(self) -> None:
        """Stop the jobs under way, and wait for their end; endpoints go on."""
        self._jobs.close()
