"""A fit inside a training job: it is checkpointed, stopped, tracked, and shared with the job's other workers."""

import base64
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..artefact import Description
from ..ending import STOPPED
from ..paths import OptMl
from ..run import Checkpoint, Run
from . import channels
from .checkpoints import Checkpoints
from .group import Group
from .stopping import Stop

FREE = ("num_round", "epochs", "checkpoint_every")  # may differ between a checkpoint and the job that goes on from it
logger = logging.getLogger(__name__)


class Follower(Protocol):
    """Hears what a run reports; each method returns at once and never raises."""

    def started(self, parameters: dict[str, Any], facts: dict[str, str]) -> None:
        """Hear the hyperparameters, and what else the model comes from."""

    def reported(self, figures: dict[str, float]) -> None:
        """Hear a line of figures."""

    def finished(self, model_folder: Path, output_folder: Path, succeeded: bool) -> None:
        """Hear the end, with the folders that SageMaker collects."""


class JobRun(Run):
    """A run in a training job.

    Args:
        folders: of the job.
        stop: tells whether the job is to stop.
        hosts: names of the job's hosts.
        group: the other workers; None where there are none.
    """

    def __init__(self, folders: OptMl, stop: Stop, hosts: list[str], group: Group | None) -> None:
        super().__init__()
        self._folders = folders
        self._stop = stop
        self._group = group
        self._every = 0
        self.followers: list[Follower] = []
        self.hosts = tuple(hosts)
        if group:
            self.rank, self.size = group.rank, len(group.names)
            self.names, self.addresses = tuple(group.names), group.addresses
            alike = [
                rank
                for rank, name in enumerate(self.names)
                if not self.shards("training") or name == self.names[self.rank]
            ]
            self.part = alike.index(self.rank), len(alike)

    def report(self, **figures: float) -> None:
        """Print a line of figures on the first worker, keep it, and tell the followers."""
        if self.rank == 0:
            super().report(**figures)
            for follower in self.followers:
                follower.reported(figures)

    def begin(self, settings: Any, described: Description) -> None:
        """Hear what the fit is about to work on; see `Run.begin`."""
        parameters = settings.model_dump(mode="json")
        facts = described.model_dump(include={"target", "task", "classes", "data"}) | {"features": described.names}
        fixed = {name: value for name, value in parameters.items() if name not in FREE}
        self._every = parameters.get("checkpoint_every", 0)
        self._checkpoints = Checkpoints(self._folders.base / "checkpoints", fixed | facts)
        for follower in self.followers:
            follower.started(parameters, _provenance(described))

    def resume(self) -> Checkpoint | None:
        """Give the newest whole checkpoint, the first host's on all of them.

        Raises:
            InputError: it was made by another job.
        """
        self._stop.waits_for_round = True
        found = self._checkpoints.newest() if self.rank == 0 else None
        if found:
            checkpoint, self.history = found
            logger.info("resuming from %s: %d are done", checkpoint.folder.parent, checkpoint.done)
        else:
            checkpoint = None
        return checkpoint if self.size == 1 else self._shared(checkpoint)

    def checkpoint(self, done: int, write: Callable[[Path], None]) -> None:
        """Write a checkpoint where one is due or the job is to stop; see `Run.checkpoint`."""
        stops = any(self.gather(self._stop.requested))
        is_due = self._every and done % self._every == 0
        if self.rank == 0 and (is_due or stops):
            self._checkpoints.write(done, self.history, write)
        if stops:
            if self._group:
                self._group.close()  # which waits until the checkpoint is written
            raise SystemExit(STOPPED)

    def end_of_rounds(self) -> None:
        """Let SIGTERM end the job at once again."""
        self._stop.waits_for_round = False
        if self._stop.requested:
            raise SystemExit(STOPPED)

    def shards(self, channel: str) -> bool:
        """Tell whether each host has rows of its own in this channel."""
        return self._group is not None and channels.is_sharded(self._folders, channel)

    def gather(self, value: Any) -> list[Any]:
        """Give the values of all workers, by rank."""
        return self._group.gather(value) if self._group else [value]

    def finish(self, succeeded: bool) -> None:
        """Tell the followers that the job ends."""
        for follower in self.followers:
            follower.finished(self._folders.model, self._folders.output / "data", succeeded)

    def _shared(self, checkpoint: Checkpoint | None) -> Checkpoint | None:
        """Give every host the first one's checkpoint: its files travel as text."""
        files = checkpoint and {
            path.relative_to(checkpoint.folder).as_posix(): base64.b64encode(path.read_bytes()).decode()
            for path in sorted(checkpoint.folder.rglob("*"))
            if path.is_file()
        }
        done, files = self.gather((checkpoint.done, files) if checkpoint else (0, None))[0]
        if checkpoint or files is None:
            return checkpoint
        folder = Path(tempfile.mkdtemp(prefix="checkpoint-"))
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(base64.b64decode(content))
        return Checkpoint(done, folder)


def _provenance(described: Description) -> dict[str, str]:
    facts = described.model_dump(include={"framework", "seed", "revision", "data"})
    versions = {f"{name} version": version for name, version in described.versions.items()}
    return {name: str(value) for name, value in (facts | versions).items()}
