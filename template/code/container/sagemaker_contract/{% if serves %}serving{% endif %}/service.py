"""This server's engine, put together from the environment."""

import logging
import socket
import sys
from types import ModuleType

from .. import models
from ..errors import InputError
from ..paths import OptMl
from . import handlers
from .engine import Engine
from .settings import Settings


def make_engine() -> Engine:
    """Make the engine for the model folder that `MODEL` names, and let it log; it loads nothing yet."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    settings = Settings.from_environment()
    return Engine(find_handlers(), OptMl.from_environment().model, settings.payload_limit)


def find_handlers() -> ModuleType:
    """Give the model's own inference.py where there is one, or else the handlers that suit every model."""
    return models.code("inference") if models.has("inference") else handlers


def check_port(port: int) -> None:
    """See that the port is free.

    Raises:
        InputError: another program has it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError as error:
            free = "a free port in SAGEMAKER_BIND_TO_PORT, such as 8081"
            raise InputError(f"port {port} cannot be bound ({error.strerror})", free) from None
