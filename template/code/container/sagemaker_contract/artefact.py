"""model.json: where a model comes from, and what serving must know of the files beside it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from .dataset import Task
from .errors import InputError

FILE = "model.json"
LARGEST_JSON = 2**26  # bytes of model.json: a million features fit
MOST_FILES = 100_000
ACCEPTED = f"a model folder with {FILE}, as training writes it"


class Feature(BaseModel):
    """A column that a request gives a value of.

    Attributes:
        name: as in the header of the training data.
        type: whether it is a text, or a number, and whether the training data held whole numbers only; a request may
            give any number.
    """

    name: str
    type: Literal["integer", "number", "text"] = "number"


class Description(BaseModel):
    """What a model was fitted for, and on.

    Attributes:
        framework: name of the library that fitted it.
        versions: versions of Python and of the libraries, by name.
        target: name of the label column.
        task: classification or regression.
        features: the feature columns, in the order in which a request gives them.
        classes: the labels in their own words, in the order of the model's class numbers; empty for a regression.
        scores: the figures of the training run.
        seed: the seed of the run.
        hyperparameters: all that were given or left at their defaults, by name.
        revision: the git commit of the code that fitted it; `unknown` outside a repository.
        data: SHA-256 of the training data, as read.
        format: how the model is stored: in its framework's own format, or as ONNX.
        opset: the version of ONNX's operators.
        files: SHA-256 of the model's files, by path; none means that they are not checked.
    """

    framework: str = "unknown"
    versions: dict[str, str] = {}
    target: str
    task: Task
    features: list[Feature] = Field(min_length=1)
    classes: list[str]
    scores: dict[str, float] = {}
    seed: int | None = None
    hyperparameters: dict[str, Any] = {}
    revision: str = "unknown"
    data: str = "unknown"
    format: Literal["native", "onnx"] = "native"
    opset: int | None = None
    files: dict[str, str] = {}

    @field_validator("features", mode="before")
    @classmethod
    def _named(cls, features: Any) -> Any:
        """Accept bare names, as earlier releases wrote them."""
        if not isinstance(features, list):
            return features
        return [{"name": feature} if isinstance(feature, str) else feature for feature in features]

    @property
    def names(self) -> list[str]:
        """The names of the features."""
        return [feature.name for feature in self.features]

    @property
    def reads_text(self) -> bool:
        """Whether the features are texts, and not numbers."""
        return self.features[0].type == "text"


def digests(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of every file under the folder, model.json aside."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / FILE)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(description: Description, folder: Path) -> None:
    """Write model.json into the model folder."""
    (folder / FILE).write_text(description.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> Description:
    """Read model.json from the model folder, and check the folder and the files that it names.

    Raises:
        InputError: it is not there, does not say what it must, a file is not what training wrote, or the folder holds
            what could lead out of it.
    """
    check_folder(folder)
    try:
        description = Description.model_validate_json((folder / FILE).read_bytes())
    except OSError as error:
        raise InputError(f"{folder / FILE} cannot be read ({error.strerror})", ACCEPTED) from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise InputError(f"{folder / FILE}: {field}: {first['msg']}", ACCEPTED) from None
    for name, digest in description.files.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise InputError(f"{folder / FILE}: files: {name[:100]!r} leads out of the folder", ACCEPTED)
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise InputError(f"{path} is missing or is not the file that training wrote", ACCEPTED)
    return description


def check_folder(folder: Path) -> None:
    """See that a model folder holds files and folders only, before anything in it is opened.

    Raises:
        InputError: it holds a link that leads out of it, a pipe or a device, or more than a model needs.
    """
    inside = folder.resolve()
    for count, path in enumerate(_entries(folder), start=1):
        if count > MOST_FILES:
            raise InputError(f"{folder} holds too many files", f"at most {MOST_FILES}")
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise InputError(f"{path} is a link that leads out of the model folder", ACCEPTED)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(f"{path} is neither a file nor a folder", ACCEPTED)
    if (folder / FILE).is_file() and (folder / FILE).stat().st_size > LARGEST_JSON:
        raise InputError(f"{folder / FILE} is too large", f"at most {LARGEST_JSON} bytes")


def _entries(folder: Path) -> Iterator[Path]:
    """Give all that is under the folder; a linked folder is not entered."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in folders + files)
