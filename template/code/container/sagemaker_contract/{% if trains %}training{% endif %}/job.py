"""One training job: its hyperparameters, its channels and its outputs."""

import json
import logging
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from ..errors import InputError
from ..paths import OptMl
from . import hyperparameters, resources

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
        """Write a JSON file beside the model, into output/data."""
        folder = self.folders.output / "data"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
