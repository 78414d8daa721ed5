"""One training job: its hyperparameters, its channels and its outputs."""

import json
import logging
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ..paths import OptMl
from ..tabular import Table
from . import channels, hyperparameters, resources

Model = TypeVar("Model", bound=BaseModel)
logger = logging.getLogger(__name__)


class TrainingJob:
    """What SageMaker hands to the container, and the folders it collects afterwards."""

    def __init__(self, folders: OptMl) -> None:
        self.folders = folders

    def hyperparameters(self, model: type[Model]) -> Model:
        """Read the hyperparameters as the model's own types; see `hyperparameters.read`."""
        return hyperparameters.read(self.folders.config / "hyperparameters.json", model)

    @cached_property
    def resources(self) -> resources.Resources:
        """The hosts of the job."""
        return resources.read(self.folders.config)

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
        """Write a JSON file beside the model, into output/data."""
        folder = self.folders.output / "data"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
