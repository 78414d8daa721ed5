"""What the environment may set of the server, in SageMaker's own names."""

import logging
import os
from dataclasses import dataclass

from ..errors import InputError

DEFAULT_PAYLOAD_MB = 25
MOST_MB = 2**20  # of a body, where there is no limit
MOST_TRANSFORM_MB = 100  # that AWS allows for all concurrent requests of a batch transform together
STRATEGIES = ("MULTI_RECORD", "SINGLE_RECORD")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class Settings:
    """The server's settings.

    Attributes:
        host: `HOST_TO_BIND`, the address to listen on; by default all, as SageMaker asks from outside the container.
        port: `SAGEMAKER_BIND_TO_PORT`, 8080 by default.
        payload_limit: most bytes of a body, 25 MB; `SAGEMAKER_MAX_PAYLOAD_IN_MB` raises it and never lowers it, and 0,
            which batch transform gives where it sends a file as a whole, is no limit.
        workers: `SAGEMAKER_MODEL_SERVER_WORKERS`, processes that each hold the model; 1 by default.
        probabilities: `SAGEMAKER_PROBABILITIES`, whether answers have class probabilities where a request does not say.
        metrics: `SAGEMAKER_METRICS`, whether `/metrics` is served.
        log_level: `SAGEMAKER_CONTAINER_LOG_LEVEL`, a number or a name of Python's levels; INFO by default.
        concurrent_transforms: `SAGEMAKER_MAX_CONCURRENT_TRANSFORMS`, 1 by default and for 0, which leaves it to the
            container.
        batch_strategy: `SAGEMAKER_BATCH_STRATEGY`, MULTI_RECORD by default.
        transform_payload_mb: `SAGEMAKER_MAX_PAYLOAD_IN_MB` as batch transform may have it.
        multi_model: `SAGEMAKER_MULTI_MODEL`, whether models are loaded and unloaded while the server runs.
        model_memory: `MODEL_MEMORY_IN_MB`, most bytes that those may take in all workers; None without it.
    """

    host: str
    port: int
    payload_limit: int
    workers: int
    probabilities: bool
    metrics: bool
    log_level: int
    concurrent_transforms: int
    batch_strategy: str
    transform_payload_mb: int
    multi_model: bool
    model_memory: int | None

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment; an empty variable counts as unset.

        Raises:
            InputError: a value is not one of those that are accepted.
        """
        concurrent = _whole("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", 1, 0, MOST_TRANSFORM_MB) or 1
        by_default = min(DEFAULT_PAYLOAD_MB, MOST_TRANSFORM_MB // concurrent)
        allowed = _whole("SAGEMAKER_MAX_PAYLOAD_IN_MB", by_default, 0, MOST_MB)
        payload = allowed or by_default
        if concurrent > 1 and concurrent * payload > MOST_TRANSFORM_MB:
            wrong = f"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS is {concurrent} with a payload of {payload} MB"
            raise InputError(wrong, f"{MOST_TRANSFORM_MB} MB for all of them together")
        return cls(
            host=os.environ.get("HOST_TO_BIND") or "0.0.0.0",
            port=_whole("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535),
            payload_limit=max(allowed or MOST_MB, DEFAULT_PAYLOAD_MB) * 2**20,
            workers=_whole("SAGEMAKER_MODEL_SERVER_WORKERS", 1, 1, 512),
            probabilities=_is_true("SAGEMAKER_PROBABILITIES"),
            metrics=_is_true("SAGEMAKER_METRICS"),
            log_level=_level("SAGEMAKER_CONTAINER_LOG_LEVEL"),
            concurrent_transforms=concurrent,
            batch_strategy=_one_of("SAGEMAKER_BATCH_STRATEGY", STRATEGIES),
            transform_payload_mb=min(payload, MOST_TRANSFORM_MB),
            multi_model=_is_true("SAGEMAKER_MULTI_MODEL"),
            model_memory=_whole("MODEL_MEMORY_IN_MB", 0, 0, 2**30) * 2**20 or None,
        )


def is_multi_model() -> bool:
    """Tell whether many models are served, loaded and unloaded while the server runs."""
    return os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true"


def _whole(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputError(f"{name} is {text!r}", f"a whole number from {least} to {most}")
    return int(text)


def _one_of(name: str, accepted: tuple[str, ...]) -> str:
    """Give the value in upper case; the first that is accepted by default."""
    text = os.environ.get(name) or accepted[0]
    if text.upper() not in accepted:
        raise InputError(f"{name} is {text!r}", ", ".join(accepted))
    return text.upper()


def _is_true(name: str) -> bool:
    return _one_of(name, ("FALSE", "TRUE")) == "TRUE"


def _level(name: str) -> int:
    text = os.environ.get(name) or "INFO"
    if text.isdecimal():
        return int(text)
    if text.upper() not in LEVELS:
        raise InputError(f"{name} is {text!r}", f"{', '.join(LEVELS)}, or a number such as 20")
    return logging.getLevelNamesMapping()[text.upper()]
