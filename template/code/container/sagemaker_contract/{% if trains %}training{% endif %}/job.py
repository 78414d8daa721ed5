"""One training job: its hyperparameters, its channels and its outputs."""

import json
import logging
import os
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from .. import reporting
from ..errors import InputError
from ..fitting import Fitted
from ..paths import OptMl
from ..run import Run
from . import hyperparameters

Model = TypeVar("Model", bound=BaseModel)
logger = logging.getLogger(__name__)


class TrainingJob:
    """What SageMaker hands to the container, and the folders it collects afterwards."""

    def __init__(self, folders: OptMl, run: Run) -> None:
        self.folders = folders
        self.run = run

    def hyperparameters(self, model: type[Model]) -> Model:
        """Read the hyperparameters as the model's own types; see `hyperparameters.read`."""
        return hyperparameters.read(self.folders.config / "hyperparameters.json", model)

    def channel(self, name: str) -> Path:
        """Give the folder of a channel.

        Raises:
            InputError: the job has no such channel.
        """
        folder = self.folders.data / name
        if not folder.is_dir():
            found = sorted(path.name for path in self.folders.data.glob("*") if path.is_dir())
            raise InputError(
                f"channel {name!r} is missing: there is no {folder} (found: {', '.join(found) or 'no channel'})",
                f"a folder of CSV files at {folder}",
            )
        return folder

    def has_channel(self, name: str) -> bool:
        """Tell whether the job has a channel of this name."""
        return (self.folders.data / name).is_dir()

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
                importance=reporting.importance(partial(fitted.code.predict, fitted.model), fitted.judged, names, seed),
                history=self.run.history,
            )
            reporting.write(self._output_data / "report.html", evidence)

    @property
    def _output_data(self) -> Path:
        folder = self.folders.output / "data"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
