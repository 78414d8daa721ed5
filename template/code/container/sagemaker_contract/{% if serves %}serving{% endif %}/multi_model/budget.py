"""What models may take: one that all workers could not hold is refused, and let go of again."""

import logging
import traceback
from contextlib import suppress
from pathlib import Path

from ... import storage
from ...errors import InputError
from ..errors import RequestError
from ..served_model import ServedModel
from . import memory
from .registry import Registry

MEGABYTE = 2**20
logger = logging.getLogger(__name__)


class Budget:
    """Measures what each model takes.

    Args:
        registry: the models that are loaded.
        workers: processes that each may come to hold every model.
        most: bytes that all models may take in all workers; None means as much as there is.
    """

    def __init__(self, registry: Registry, workers: int, most: int | None) -> None:
        self._registry = registry
        self._workers = workers
        self._most = most

    def load(self, model: ServedModel) -> int:
        """Load a model, and give the bytes by which this process has grown; one at a time.

        Raises:
            RequestError: 507, there is no memory for it in all workers; 400 or 500, it cannot be loaded.
        """
        with suppress(Exception):  # which the load meets again
            storage.prepare()  # before the first model, whose size it would else be part of
        try:
            room = self._room()
            files = memory.of_files(model.folder)
            _demand(files <= room, f"its files hold {_megabytes(files)}", room)
            size = self._load_measured(model, room)
            room = self._room(size)
            taken = f"it takes {_megabytes(size)} in each of {self._workers} workers"
            _demand(size * (self._workers - 1) <= room, taken, room)
        except RequestError as error:
            logger.error("%s is not loaded: %s", model.folder, error)
            discard(model)
            raise
        return size

    def _room(self, taken: int = 0) -> int:
        """Give the bytes that are left; `taken` were just taken here by a model that is not in the registry yet."""
        all_copies, missing = self._registry.sizes(self._workers)
        free = memory.free() - missing
        return free if self._most is None else min(free, self._most - all_copies - taken)

    def _load_measured(self, model: ServedModel, room: int) -> int:
        before = memory.own()
        with memory.at_most(room):
            model.start()
            error = model.loaded.exception()
        memory.give_back()
        if error:
            raise _refusal(error, model.problem)
        return max(memory.own() - before, 0)


def discard(model: ServedModel) -> None:
    """Let go of a model that no request can reach, and of what it took."""
    if model.loaded.done():
        _forget(model.loaded.exception())
        model.stop()
        model.ended.result()
    memory.give_back()


def _refusal(error: BaseException, problem: str) -> RequestError:
    if memory.is_lack(error):
        return _no_memory("the load ran out of memory")
    if isinstance(error, InputError):
        return RequestError(400, error.wrong, error.accepted)
    return RequestError(500, f"{problem}; the log has the cause", "an artefact that this model's code wrote")


def _forget(error: BaseException | None) -> None:
    """Let go of what a failed load had in its hands, which its traceback keeps."""
    while error:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _demand(fits: bool, wrong: str, room: int) -> None:
    if not fits:
        raise _no_memory(f"{wrong}, and {_megabytes(max(room, 0))} are left")


def _no_memory(wrong: str) -> RequestError:
    return RequestError(507, wrong, "this model once others are unloaded, or on a larger instance")


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"


def folder_of(url: str) -> Path:
    """Read where SageMaker has put an artefact.

    Raises:
        RequestError: 400, there is no such folder.
    """
    folder = Path(url)
    try:
        if folder.is_absolute() and folder.is_dir():
            return folder
    except (OSError, ValueError):  # too long, forbidden, or with a NUL
        pass
    raise RequestError(400, f"url {url[:200]!r} is no folder", "the path of a model's folder in this container")
