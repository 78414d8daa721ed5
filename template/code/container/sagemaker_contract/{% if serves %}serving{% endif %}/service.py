"""This server's engine, put together from the environment."""

import socket
from contextlib import suppress
from types import ModuleType

from .. import models, storage
from ..errors import InputError
from ..paths import OptMl
from . import handlers, json_log
from .engine import Engine
from .multi_model.registry import Registry
from .multi_model.routes import ModelRoutes
from .multi_model.store import ModelStore
from .served_model import ServedModel
from .settings import Settings


def make_engine() -> Engine:
    """Make the engine for the model folder that `MODEL` names, and let it log; it loads nothing yet."""
    settings = Settings.from_environment()
    json_log.set_up(settings.log_level)
    if settings.multi_model:
        store = ModelStore(find_handlers(), Registry.from_environment(), settings)
        return Engine(store, settings, ModelRoutes(store))
    model = ServedModel(find_handlers(), OptMl.from_environment().model, settings.probabilities)
    return Engine(model, settings)


def find_handlers() -> ModuleType:
    """Give the model's own inference.py where there is one, or else the handlers that suit every model."""
    return models.code("inference") if models.has("inference") else handlers


def import_libraries() -> None:
    """Import what loading the model takes, before there are workers: they share it in memory."""
    with suppress(Exception):  # which a worker meets again as it loads the model, and tells of
        storage.prepare()


def check_port(host: str, port: int) -> None:
    """See that the port is free.

    Raises:
        InputError: another program has it.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            free = "a free port in SAGEMAKER_BIND_TO_PORT, such as 8081"
            raise InputError(f"port {port} cannot be bound ({error.strerror})", free) from None
