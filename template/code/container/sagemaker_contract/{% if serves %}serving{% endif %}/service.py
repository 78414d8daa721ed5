"""This server's engine, put together from the environment."""

import os
import socket
from contextlib import suppress
from types import SimpleNamespace

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


def find_handlers() -> SimpleNamespace:
    """Give the handlers that suit every model, and the model's own inference.py, where there is one, in their place.

    `join_fn` has none in its place: whether rows may be put together, only the author of the others knows.

    Raises:
        InputError: it loads a model of a kind that no predict_fn here knows.
    """
    if not models.has("inference"):
        return SimpleNamespace(**vars(handlers))
    own = vars(models.code("inference"))
    if "model_fn" in own and not own.keys() & {"predict_fn", "transform_fn"}:
        raise InputError("inference.py has a model_fn and no predict_fn", "both of them, or neither")
    return SimpleNamespace(**{name: getattr(handlers, name) for name in handlers.STEPS} | own)


def import_libraries() -> None:
    """Import what loading the model takes, before there are workers: they share it in memory."""
    with suppress(Exception):  # which a worker meets again as it loads the model, and tells of
        storage.prepare()


def share_cores(workers: int) -> None:
    """Give each worker its share of the cores, by the name under which numeric libraries look for it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1  # macOS has none
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cores // workers)))


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
