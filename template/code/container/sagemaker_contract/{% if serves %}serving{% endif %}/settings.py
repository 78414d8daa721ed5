"""What the environment may set of the server, in SageMaker's own names."""

import os
from dataclasses import dataclass

from ..errors import InputError

DEFAULT_PAYLOAD_MB = 25


@dataclass(frozen=True)
class Settings:
    """The server's settings.

    Attributes:
        port: `SAGEMAKER_BIND_TO_PORT`, 8080 by default.
        payload_limit: most bytes of a body, 25 MB; `SAGEMAKER_MAX_PAYLOAD_IN_MB` raises it and never lowers it.
        workers: `SAGEMAKER_MODEL_SERVER_WORKERS`, processes that each hold the model; 1 by default.
    """

    port: int
    payload_limit: int
    workers: int

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the environment; an empty variable counts as unset.

        Raises:
            InputError: a value is no whole number in its range.
        """
        payload = _whole("SAGEMAKER_MAX_PAYLOAD_IN_MB", DEFAULT_PAYLOAD_MB, 0, 2**20)
        return cls(
            port=_whole("SAGEMAKER_BIND_TO_PORT", 8080, 1, 65535),
            payload_limit=max(payload, DEFAULT_PAYLOAD_MB) * 2**20,
            workers=_whole("SAGEMAKER_MODEL_SERVER_WORKERS", 1, 1, 512),
        )


def _whole(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise InputError(f"{name} is {text!r}", f"a whole number from {least} to {most}")
    return int(text)
