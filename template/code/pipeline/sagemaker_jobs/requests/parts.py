"""What the requests of several kinds have in common."""

import json
import re
from pathlib import Path
from typing import Any

from utils.config_reader import ConfigError

from ..settings import Config, Scalar

Request = dict[str, Any]
CONTAINERS = Path(__file__).parents[3] / "container"

# These bring their own disks, encrypted by their hardware, and refuse a key for a volume.
WITH_OWN_DISKS = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g[4-9]\w*|p[5-9]\w*|trn\d\w*)\..+")


def name(config: Config) -> str:
    """Name what a model has once in each environment, in at most 63 letters, digits and hyphens."""
    front, end = (text.replace("_", "-") for text in (f"{config.project}-{config.model}", f"-{config.environment}"))
    return (front[: 63 - len(end)].rstrip("-") + end).strip("-")


def environment(config: Config, own: dict[str, str]) -> dict[str, str]:
    """Give the environment of a container: which model it is for, and what its settings say."""
    return {"MODEL": config.model, **own}


def environment_of_one(config: Config, own: dict[str, str]) -> dict[str, str]:
    """Give the environment of a server of one model, for an image may be made to serve many."""
    return environment(config, own) | {"SAGEMAKER_MULTI_MODEL": "false"}


def vpc(config: Config) -> Request:
    """Give VpcConfig by its name, or nothing where the jobs run in SageMaker's own network."""
    if not config.network:
        return {}
    return {"VpcConfig": {"SecurityGroupIds": config.network.security_groups, "Subnets": config.network.subnets}}


def key(config: Config, name: str = "KmsKeyId") -> Request:
    """Give the KMS key under the name that a structure has for it, or nothing where S3's own encrypts."""
    return {name: config.kms_key} if config.kms_key else {}


def volume_key(config: Config, instance_type: str, name: str = "VolumeKmsKeyId") -> Request:
    """Give the KMS key of a volume, or nothing where the instance type takes none."""
    return {} if WITH_OWN_DISKS.fullmatch(instance_type) else key(config, name)


def train_image(config: Config) -> str:
    """Give the image that trains.

    Raises:
        ConfigError: the configuration names none.
    """
    if not config.images.train:
        raise ConfigError("images.train is missing; accepted: the URI of the image that trains")
    return config.images.train


def serve_image(config: Config) -> str:
    """Give the image that serves.

    Raises:
        ConfigError: the configuration names none.
    """
    if not config.images.serve:
        raise ConfigError("images.serve is missing; accepted: the URI of the image that serves")
    return config.images.serve


def metrics(config: Config) -> list[dict[str, str]]:
    """Give the metric definitions: the configuration's, or else the model's own, which its logs match.

    Raises:
        ConfigError: there are none.
    """
    if config.metrics:
        return config.metrics
    path = CONTAINERS / config.model / "metrics.json"
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        accepted = "metrics in the configuration, or a list of Name and Regex there"
        raise ConfigError(f"{path} holds no metric definitions ({error}); accepted: {accepted}") from None


def text(value: Scalar) -> str:
    """Write a hyperparameter as the container reads it, which undoes one JSON encoding."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        read = json.loads(value)
    except ValueError:
        return value
    # A text such as 0.1 or true stays one there; others, such as null, would not.
    return value if isinstance(read, bool | int | float) else json.dumps(value)
