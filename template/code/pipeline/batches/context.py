"""What a batch is given."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from sagemaker_jobs.backends import Backend
from sagemaker_jobs.following import Follower, JobGoesOn
from sagemaker_jobs.kinds import KINDS, Kind
from sagemaker_jobs.runs import Run, Step
from sagemaker_jobs.settings import Config
from utils.config_reader import ConfigError


@dataclass
class Context:
    """What a batch works with.

    Attributes:
        config: the environment's settings.
        run: names jobs, and keeps what the batches before this one wrote.
        backend: what runs the jobs.
        follower: shows how a job goes, and waits for its end.
        console: where else is shown what happens.
        yes: whether nobody is to be asked.
        resumes: whether a job that an earlier command left under way is the batch's.
        deletes_all: whether endpoints go that have not expired, too.
        is_dry: whether nothing is to be changed.
    """

    config: Config
    run: Run
    backend: Backend
    follower: Follower
    console: Console
    yes: bool = False
    resumes: bool = False
    deletes_all: bool = False
    is_dry: bool = False

    def before(self, batch: str) -> Step:
        """Give the step of a batch that has to come first.

        Raises:
            ConfigError: it has not been run.
        """
        step = self.run.step(batch)
        if not step or step.status != "Completed":
            raise ConfigError(f"run {self.run.name} has no {batch} that completed; accepted: a run of {batch} before")
        return step

    def do(self, batch: str, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        """Start a job and wait for its end; one that was left under way is waited for in its place.

        Returns:
            Its description.

        Raises:
            JobFailed: it did not complete.
            JobGoesOn: it cannot be looked at any more, or whether it was made is not known.
            KeyboardInterrupt: Ctrl-C; the job was stopped, or not begun.
        """
        name = self.left(batch, kind)
        if not name:
            self.follower.raise_if_interrupted()
            name = request[f"{kind}Name"]
            self.run.record(Step(batch, name, "InProgress"))  # first: none may run that no record names
            self._create(batch, KINDS[kind], name, request)
        try:
            return self.follower.follow(kind, name)
        except (KeyboardInterrupt, SystemExit):  # the job was told to stop
            with suppress(ConfigError):
                self.run.record(Step(batch, name, "Stopped"))
            raise

    def _create(self, batch: str, kind: Kind, name: str, request: dict[str, Any]) -> None:
        from utils.aws.errors import AlreadyThere, Unanswered

        sagemaker = self.backend.sagemaker
        try:
            with suppress(AlreadyThere):  # asked a second time, where the first answer was lost; the name is its own
                kind.create(sagemaker, request)
        except Unanswered as error:
            raise JobGoesOn(kind, name, str(error), self.run.name, is_known=False) from error
        except ConfigError:
            with suppress(ConfigError):
                self.run.record(Step(batch, status="Failed"))  # no job is under way
            raise
        except (KeyboardInterrupt, SystemExit):
            self.follower.say(f"{kind.noun} {name} may have been made: `{kind.command(name)}` shows it")
            with suppress(ConfigError):  # else it stays InProgress, and --resume looks
                kind.stop(sagemaker, name)
                self.run.record(Step(batch, name, "Stopped"))
            raise

    def left(self, batch: str, kind: str) -> str:
        """Name the job that an earlier command left under way, or nothing; it may be done by now."""
        from utils.aws.errors import NotThere

        step = self.run.step(batch) if self.resumes else None
        if not step or step.status != "InProgress":
            return ""
        try:
            described = KINDS[kind].describe(self.backend.sagemaker, step.job)
        except NotThere:
            return ""
        return "" if KINDS[kind].status(described) in ("Failed", "Stopped") else step.job
