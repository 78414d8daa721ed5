"""One training job: its hyperparameters, its channels and its outputs."""

import json
import logging
import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from .. import reporting
from ..fitting import Fitted
from ..paths import OptMl
from ..run import Run
from ..tabular import Table
from . import channels, hyperparameters

Model = TypeVar("Model", bound=BaseModel)
logger = logging.getLogger(__name__)


class TrainingJob:
    """What SageMaker hands to the container, and the folders it collects afterwards."""

    def __init__(self, folders: OptMl, run: Run | None = None) -> None:
        self.folders = folders
        self.run = run or Run()

    def hyperparameters(self, model: type[Model]) -> Model:
        """Read the hyperparameters as the model's own types; see `hyperparameters.read`."""
        return hyperparameters.read(self.folders.config / "hyperparameters.json", model)

    def channel(self, name: str) -> Path:
        """Give the folder of a channel in File or FastFile mode.

        Raises:
            InputError: the job has no such channel, or it comes in Pipe mode.
        """
        return channels.folder(self.folders, name)

    def has_channel(self, name: str) -> bool:
        """Tell whether the job has a channel of this name."""
        return name in channels.names(self.folders)

    def read(self, name: str, target: str | None = None, columns: list[str] | None = None) -> Table:
        """Read a channel, in whatever mode and format it comes.

        Args:
            name: the channel.
            target: name of the label column; None means the last column.
            columns: the feature columns that another channel has; None means all but the target.

        Raises:
            InputError: there is no such channel, or it cannot be read; names the file, the line and the cause.
        """
        return channels.read(self.folders, name, target, columns)

    @property
    def model_folder(self) -> Path:
        """The folder for the model artefact, made on first use."""
        self.folders.model.mkdir(parents=True, exist_ok=True)
        return self.folders.model

    def write_output(self, name: str, content: dict) -> None:
        """Write a JSON file into output/data; of several workers the first alone, as SageMaker merges the folders."""
        if self.run.rank == 0:
            text = json.dumps(content, indent=2) + "\n"
            (self._output_data / name).write_text(text, encoding="utf-8")

    def write_report(self, fitted: Fitted) -> None:
        """Write report.html, a page on how good the model is, into output/data."""
        if self.run.rank == 0:
            names, seed = fitted.description.names, fitted.description.seed
            evidence = reporting.Evidence(
                title=f"{os.environ['MODEL']}: training",
                description=fitted.description,
                predicted=fitted.predicted,
                targets=fitted.judged.targets,
                importance=reporting.importance(fitted.predict, fitted.judged, names, seed),
                history=self.run.history,
            )
            reporting.write(self._output_data / "report.html", evidence)

    @property
    def _output_data(self) -> Path:
        folder = self.folders.output / "data"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
