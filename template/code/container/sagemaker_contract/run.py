"""What a fit may use of the job around it: figures for the log, checkpoints, and the job's other workers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import progress
from .artefact import Description


@dataclass(frozen=True)
class Checkpoint:
    """The state of an interrupted fit.

    Attributes:
        done: rounds or epochs that were done.
        folder: the files that the model's code wrote.
    """

    done: int
    folder: Path


class Run:
    """A fit by itself: one worker, and no checkpoints.

    Attributes:
        rank: number of this worker, from 0.
        size: number of workers.
        hosts: names of the hosts.
        addresses: the IP address of each worker, by rank.
        names: the host of each worker, by rank.
        part: this worker's number, and how many there are, of the workers that have the same rows.
        history: the figures of the rounds, such as `{"round": 3, "train_loss": 0.25, "validation_loss": 0.31}`.
    """

    rank = 0
    size = 1
    hosts: tuple[str, ...] = ("algo-1",)
    addresses: tuple[str, ...] = ("127.0.0.1",)
    names: tuple[str, ...] = ("algo-1",)
    part = (0, 1)

    def __init__(self) -> None:
        self.history: list[dict[str, float]] = []

    def __call__(self, **figures: float) -> None:
        """Report figures: what an earlier release handed to a fit was a function."""
        self.report(**figures)

    def report(self, **figures: float) -> None:
        """Print a line of figures for the log, such as `round=3 train_loss=0.25`, and keep it."""
        self.history.append(figures)
        progress.report(**figures)

    def begin(self, settings: Any, described: Description) -> None:
        """Hear what the fit is about to work on, before it starts.

        Args:
            settings: the hyperparameters as the model's own type.
            described: what is known of the model already: data, columns, versions.
        """

    def resume(self) -> Checkpoint | None:
        """Give the newest whole checkpoint of this job; None means to start from the beginning."""
        return None

    def checkpoint(self, done: int, write: Callable[[Path], None]) -> None:
        """Hear that a round is done; every worker calls this after every round.

        Args:
            done: rounds or epochs done, those before an interruption counted in.
            write: writes the state of the fit into a folder.

        Raises:
            SystemExit: the job is to stop; the state is saved.
        """

    def end_of_rounds(self) -> None:
        """Hear that the fit is over."""

    def shards(self, channel: str) -> bool:
        """Tell whether each host has rows of its own in this channel, and not all of them."""
        return False

    def gather(self, value: Any) -> list[Any]:
        """Give the values of all workers, by rank; a value is what JSON can hold."""
        return [value]

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Add up an array over all workers, element by element, in float64."""
        values = np.asarray(values, dtype=np.float64)
        return np.sum([np.reshape(one, values.shape) for one in self.gather(values.ravel().tolist())], axis=0)
