"""Where SageMaker puts things: the tree under /opt/ml."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OptMl:
    """The folders of a container, from AWS's pages on how SageMaker runs training and inference images.

    Attributes:
        base: `/opt/ml` in a container; `SAGEMAKER_BASE_DIR` stands for it elsewhere.
    """

    base: Path

    @classmethod
    def from_environment(cls) -> "OptMl":
        """Read `SAGEMAKER_BASE_DIR`; unset or empty means `/opt/ml`."""
        return cls(Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    @property
    def config(self) -> Path:
        """Holds hyperparameters.json, inputdataconfig.json and resourceconfig.json."""
        return self.base / "input" / "config"

    @property
    def data(self) -> Path:
        """Holds a folder per channel, read-only."""
        return self.base / "input" / "data"

    @property
    def model(self) -> Path:
        """The model artefact: written in training, packed as model.tar.gz, unpacked read-only for serving."""
        return self.base / "model"

    @property
    def output(self) -> Path:
        """Holds the failure file and `data/`, which is packed as output.tar.gz."""
        return self.base / "output"
