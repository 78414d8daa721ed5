"""A run: what the batches wrote for one another, under a folder of its own in the bucket."""

import json
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count

from utils.config_reader import ConfigError

from .backends import Stored
from .settings import Config

MOST_NAMED = 5
NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


@dataclass
class Step:
    """A batch of a run, as far as is known.

    Attributes:
        batch: its name.
        job: the job's name; empty where the batch started none.
        status: Completed, Failed, Stopped, or InProgress of a job that nobody waited for to its end.
        started, seconds: when it began, in ISO 8601, and how long it took.
        outputs: URIs by name; `model` is that of the model artefact.
        metrics: figures by name.
        cause: of a failure, in a line.
    """

    batch: str
    job: str = ""
    status: str = "Completed"
    started: str = ""
    seconds: float = 0.0
    outputs: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    cause: str = ""


class Run:
    """A run and its steps; two that begin in the same second have different names.

    Args:
        config: the environment's.
        stored: where its folder lies.
        name: of an earlier run, to go on with.
    """

    def __init__(self, config: Config, stored: Stored, name: str = "") -> None:
        self.name = name or new_name()
        self.config = config
        self._stored = stored
        self.folder = f"{home(config)}/runs/{self.name}"

    def uri(self, *names: str) -> str:
        """Give the URI of something in the run's folder."""
        return "/".join([self.folder, *names])

    def free_uri(self, *names: str) -> str:
        """Give the URI of a place that holds nothing: what an earlier attempt left would otherwise be mixed in."""
        attempts = (self.uri(f"attempt-{number}", *names) for number in count(2))
        uri = self.uri(*names)
        while self._stored.list(f"{uri}/"):
            uri = next(attempts)
        return uri

    def job_name(self, batch: str, most: int = 63) -> str:
        """Name a job: at most 63 letters, digits and hyphens, or what its kind allows, and never the same twice."""
        front = f"{self.config.project}-{self.config.model}-{batch}".replace("_", "-")[: most - 25].rstrip("-")
        return f"{front}-{self.name[4:]}-{secrets.token_hex(3)}"

    def step(self, batch: str) -> Step | None:
        """Give what is recorded of a step, if something is."""
        try:
            return Step(**json.loads(self._stored.read(self.uri("steps", f"{batch}.json"))))
        except FileNotFoundError:
            return None

    def record(self, step: Step) -> None:
        """Keep a step, for the batches after it and for a run that is resumed."""
        self._stored.write(self.uri("steps", f"{step.batch}.json"), json.dumps(asdict(step), indent=2).encode())


def home(config: Config) -> str:
    """Give the URI under which all of this model lies."""
    return f"s3://{config.bucket}/{config.prefix}/{config.model}"


def new_name() -> str:
    """Name a run by its time, and four digits more."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def named(config: Config, stored: Stored, name: str, has_begun: bool) -> Run:
    """Give the run of this name, as --run has it.

    Args:
        config: the environment's.
        stored: where its folder lies.
        name: as given.
        has_begun: whether it has to hold something.

    Raises:
        ConfigError: no run has such a name, or it holds nothing; says which runs there are.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(f"--run {name}: no run has such a name; accepted: one such as {new_name()}")
    run = Run(config, stored, name)
    if has_begun and not stored.folders(run.folder):
        there = ", ".join(newest_first(config, stored)[:MOST_NAMED]) or "there is none yet"
        raise ConfigError(f"--run {name}: this run holds nothing; accepted: one that has begun: {there}")
    return run


def newest_first(config: Config, stored: Stored) -> list[str]:
    """Name the runs that there are."""
    found = stored.folders(f"{home(config)}/runs")
    return sorted((name for name in found if NAME.fullmatch(name)), reverse=True)


def newest(config: Config, stored: Stored) -> str:
    """Name the newest run, or nothing."""
    return next(iter(newest_first(config, stored)), "")
