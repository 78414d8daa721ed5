"""What the listing says of a model, as marketplace/MODEL.yml has it."""

import re
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from sagemaker_jobs import local_files
from sagemaker_jobs.runs import home
from sagemaker_jobs.settings import Config, InstanceType, Settings
from utils.config_reader import ConfigError

FOLDER = local_files.PROJECT / "marketplace"
InstanceTypes = Annotated[list[InstanceType], Field(min_length=1)]
MediaTypes = Annotated[list[Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]], Field(min_length=1)]


class Listing(Settings):
    """The listing.

    Attributes:
        version: part of the names, which SageMaker never gives twice.
        distributed: whether a buyer may train on several hosts.
        channel_types: what the files of a channel may be.
        content_types, response_types: of requests and answers.
        largest_image_gb: what `marketplace.sh check` lets an image take unpacked, in 10^9 bytes.
    """

    version: str = Field(pattern=r"^\d+(\.\d+)*$")
    description: str = Field(min_length=1, max_length=1024)
    training_instance_types: InstanceTypes | None = Field(None, description="needed by an algorithm")
    distributed: bool = False
    channel_types: MediaTypes = Field(["text/csv", "application/jsonlines", "application/x-parquet"])
    endpoint_instance_types: InstanceTypes
    transform_instance_types: InstanceTypes
    content_types: MediaTypes = Field(["text/csv", "application/json", "application/jsonlines"])
    response_types: MediaTypes = Field(["text/csv", "application/json", "application/jsonlines"])
    largest_image_gb: float = Field(10, gt=0)


def read(config: Config) -> Listing:
    """Read the listing of a model.

    Raises:
        ConfigError: it is missing or wrong; names the file, the key and what is accepted.
    """
    path = FOLDER / f"{config.model}.yml"
    try:
        return Listing.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; accepted: the listing of the model, as YAML") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}; accepted: YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        accepted = ", ".join(Listing.model_fields) if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(f"{path}: {key} is {str(first['input'])[:100]!r}; accepted: {accepted}") from None


def name(config: Config, listing: Listing) -> str:
    """Name what is listed by project, model and version, in the at most 63 characters that SageMaker takes."""
    version = listing.version.replace(".", "-")
    front = re.sub(r"[^A-Za-z0-9]+", "-", f"{config.project}-{config.model}")[: 62 - len(version)].strip("-")
    return f"{front}-{version}"


def place(config: Config, listing: Listing) -> str:
    """Give the URI below which the data of a version's validation lies, and what comes of it."""
    return f"{home(config)}/marketplace/{listing.version}"
