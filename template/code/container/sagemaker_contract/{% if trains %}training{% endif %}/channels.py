"""The channels of a job: where each is, and in which mode SageMaker hands it over."""

import json
import os
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from ..channels.table import Table
from ..errors import InputError
from ..paths import OptMl
from ..tabular import read_channel
from . import pipe


class Channel(BaseModel):
    """What inputdataconfig.json says of a channel.

    Attributes:
        mode: File, FastFile or Pipe; None where it says nothing.
        content_type: the format of the data, if it says so.
        wrapper: RecordIO where every record is wrapped, else None.
        distribution: whether each host has all of the channel's objects, or a part (ShardedByS3Key).
    """

    mode: str | None = Field(None, alias="TrainingInputMode")
    content_type: str | None = Field(None, alias="ContentType")
    wrapper: str | None = Field(None, alias="RecordWrapperType")
    distribution: str | None = Field(None, alias="S3DistributionType")


def described(folders: OptMl) -> dict[str, Channel]:
    """Read inputdataconfig.json; a file that is not there says nothing.

    Raises:
        InputError: it does not describe channels.
    """
    path = folders.config / "inputdataconfig.json"
    if not path.exists():
        return {}
    try:
        return {name: Channel.model_validate(given) for name, given in json.loads(path.read_bytes()).items()}
    except (ValueError, ValidationError, AttributeError, RecursionError):
        accepted = 'a JSON object such as {"training": {"TrainingInputMode": "File"}}'
        raise InputError(f"{path} does not describe the channels of the job", accepted) from None


def is_pipe(folders: OptMl, name: str) -> bool:
    """Tell whether a channel comes through FIFOs: as the job says, else by what is there."""
    mode = described(folders).get(name, Channel()).mode
    return mode == "Pipe" if mode else not (folders.data / name).is_dir() and (folders.data / f"{name}_0").is_fifo()


def is_sharded(folders: OptMl, name: str = "training") -> bool:
    """Tell whether each host has a part of the channel's objects."""
    return described(folders).get(name, Channel()).distribution == "ShardedByS3Key"


def names(folders: OptMl) -> list[str]:
    """List the channels that are there, as a folder or as FIFOs, or that the job says will be."""
    seen = {path.name for path in folders.data.glob("*") if path.is_dir()}
    fifos = {path.name.removesuffix("_0") for path in folders.data.glob("*_0") if path.is_fifo()}
    return sorted(seen | fifos | {name for name, channel in described(folders).items() if channel.mode == "Pipe"})


def folder(folders: OptMl, name: str) -> Path:
    """Give the folder of a channel.

    Raises:
        InputError: the job has no such channel, or it is no folder.
    """
    path = folders.data / name
    if path.is_dir():
        return path
    found = names(folders)
    if name in found:
        raise InputError(f"channel {name!r} comes in Pipe mode, not as a folder", f"job.read({name!r}, …)")
    wrong = f"channel {name!r} is missing: there is no {path} (found: {', '.join(found) or 'no channel'})"
    raise InputError(wrong, f"a folder of data at {path}")


def read(folders: OptMl, name: str, target: str | None, columns: list[str] | None) -> Table:
    """Read a channel in whatever mode and format it comes.

    Raises:
        InputError: there is no such channel, or it cannot be read; names the file, the line and the cause.
    """
    channel = described(folders).get(name, Channel())
    if channel.wrapper not in (None, "None"):
        wrong = f"channel {name!r} has RecordWrapperType {channel.wrapper}"
        raise InputError(wrong, "RecordWrapperType None, with data as CSV, JSON lines or libsvm")
    if is_pipe(folders, name):
        if int(os.environ.get("LOCAL_WORLD_SIZE", 1)) > 1:
            wrong = f"channel {name!r} comes in Pipe mode, which the processes of this host's GPUs cannot share"
            raise InputError(wrong, "TrainingInputMode File or FastFile")
        return pipe.read(folders.data, name, target, columns, channel.content_type)
    return read_channel(folder(folders, name), target, columns, channel.content_type)
