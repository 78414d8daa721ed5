"""One processing job: its inputs, its outputs and its hosts."""

from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import artefact
from ..errors import InputError
from ..paths import OptMl
from ..training import resources
from . import archive


class ProcessingJob:
    """What SageMaker lays out under `processing/`, and what it collects from there. Used in a `with`.

    Attributes:
        folder: everything the job reads and writes lies under it.
        outputs: holds a folder per output.
    """

    def __init__(self, folders: OptMl) -> None:
        self.folder = folders.base / "processing"
        self.outputs = self.folder / "output"
        self._config = folders.base / "config"
        self._unpacked: list[TemporaryDirectory] = []

    def __enter__(self) -> "ProcessingJob":
        return self

    def __exit__(self, *_: object) -> None:
        for folder in self._unpacked:
            folder.cleanup()

    def input(self, name: str) -> Path:
        """Give the folder of an input.

        Raises:
            InputError: the job has no such input.
        """
        folder = self.folder / "input" / name
        if not folder.is_dir():
            found = sorted(path.name for path in folder.parent.glob("*") if path.is_dir())
            raise InputError(
                f"input {name!r} is missing: there is no {folder} (found: {', '.join(found) or 'no input'})",
                f"a ProcessingInput whose LocalPath is {folder}",
            )
        return folder

    def model(self, name: str = "model") -> Path:
        """Give the folder of a model; an input that holds model.tar.gz is unpacked until the job ends.

        Raises:
            InputError: there is neither a model nor a sound archive of one.
        """
        folder = self.input(name)
        packed = folder / archive.FILE
        if (folder / artefact.FILE).is_file() or not packed.is_file():
            return folder
        unpacked = TemporaryDirectory(prefix=".model-", dir=self.folder)  # beside the data, where there is room
        self._unpacked.append(unpacked)
        archive.unpack(packed, Path(unpacked.name))
        return Path(unpacked.name)

    def output(self, name: str) -> Path:
        """Give the folder of an output, made on first use."""
        folder = self.outputs / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def hosts(self) -> resources.Resources:
        """The hosts of the job; SageMaker leaves it to the job to share the work among them."""
        return resources.read(self._config)
