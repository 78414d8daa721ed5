"""The models in this process: each in a thread of its own, so that none waits for another."""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from ..engine import at_once
from ..errors import RequestError
from ..incoming import StoredBody
from ..replies import Reply, refusal
from ..served_model import ServedModel
from ..settings import Settings
from . import memory
from .budget import Budget, discard, folder_of
from .registry import Entry, Registry

GLANCE = 0.2  # seconds between two looks for models that were unloaded through another worker
UNLOADING = 10.0  # seconds that an unload waits for predictions in flight


@dataclass
class Copy:
    """A model in this process, and which load of it that is."""

    stamp: int
    model: ServedModel
    is_gone: bool = False


class ModelStore:
    """Loads, invokes and unloads models by name; what one worker process does, all of them know of.

    Args:
        handlers: what the models are served with; see `ServedModel`.
        registry: which models are loaded.
        settings: of these, the number of workers, each of which holds every model that it was asked for, the memory
            that all models may take, and whether answers have probabilities.
    """

    has_failed = False
    problem = ""  # /ping answers 200 from the start: there is nothing to wait for

    def __init__(self, handlers: SimpleNamespace, registry: Registry, settings: Settings) -> None:
        self.registry = registry
        self._serve = partial(ServedModel, handlers, probabilities=settings.probabilities)
        self._budget = Budget(registry, settings.workers, settings.model_memory)
        self._copies: dict[str, Copy] = {}
        self._lock = threading.Lock()  # of the copies; held for no longer than a look into the registry
        self._stopped = threading.Event()

    def start(self) -> None:
        """Watch for models that are unloaded through other workers."""
        threading.Thread(target=self._watch, name="models", daemon=True).start()

    def submit(self, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        """Answer `/invocations`, which names no model."""
        error = RequestError(400, "this server has many models", "POST /models/{name}/invoke")
        return at_once(refusal(error).with_attributes(headers))

    def stop(self) -> None:
        """Let go of all models, once the requests that wait have their answers."""
        self._stopped.set()
        with self._lock:
            for name in list(self._copies):
                self._let_go(name)

    def load(self, name: str, url: str) -> Entry:
        """Load a model, for all workers; each of the others takes its copy when it is first asked for it.

        Raises:
            RequestError: 409, it is loaded; 507, there is no memory for it; 400 or 500, it cannot be loaded.
        """
        with self.registry.claim(name), self.registry.turn():
            model = self._serve(folder_of(url))
            entry = Entry(name, url, self._budget.load(model))
            try:
                with self._lock:
                    copy = Copy(self.registry.add(entry), model)
                    if name in self._copies:  # of a model that another worker has unloaded just now
                        self._let_go(name)
                    self._copies[name] = copy
                    self.registry.hold(name, copy.stamp)
            except RequestError:
                discard(model)
                raise
            return entry

    def unload(self, name: str) -> Entry:
        """Unload a model from all workers; its memory is free once this returns, or predictions in flight have ended.

        Raises:
            RequestError: 404, it is not loaded.
        """
        found = self.registry.find(name)
        if not found or not self.registry.remove(name):
            raise unknown()
        self._let_go_of_unloaded()
        end = time.monotonic() + UNLOADING
        while self.registry.copies(name, found[1]) and time.monotonic() < end:
            time.sleep(GLANCE / 10)
        return found[0]

    def find(self, name: str) -> Entry:
        """Give a model that is loaded.

        Raises:
            RequestError: 404, it is not.
        """
        found = self.registry.find(name)
        if not found:
            raise unknown()
        return found[0]

    def invoke(self, name: str, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        """Ask a model for predictions; where this worker has no copy of it yet, the request waits for one.

        Raises:
            RequestError: 404, the model is not loaded; 503, this worker could not load its copy.
        """
        with self._lock:
            copy = self._copy(name)
            if copy.model.loaded.done():
                return self._submit(name, copy, body, headers)
        answer: Future[Reply] = Future()
        copy.model.loaded.add_done_callback(lambda _: self._submit_late(answer, name, copy, body, headers))
        return answer

    def _copy(self, name: str) -> Copy:
        """Find this process's copy, or begin to load it."""
        copy = self._copies.get(name)
        if copy and copy.stamp == self.registry.stamp(name):
            return copy
        if copy:
            self._let_go(name)
        found = self.registry.find(name)
        if not found:
            raise unknown()
        entry, stamp = found
        copy = self._copies[name] = Copy(stamp, self._serve(Path(entry.url)))
        self.registry.hold(name, stamp)
        copy.model.start()
        return copy

    def _submit(self, name: str, copy: Copy, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        if copy.model.problem:
            if not copy.is_gone:
                self._let_go(name)  # so that the next request tries again
            raise RequestError(503, copy.model.problem, "another request")
        if copy.is_gone:
            raise unknown()
        return copy.model.submit(body, headers)

    def _submit_late(
        self, answer: "Future[Reply]", name: str, copy: Copy, body: bytes | StoredBody, headers: Mapping[str, str]
    ) -> None:
        if not answer.set_running_or_notify_cancel():  # its client has left
            return
        try:
            with self._lock:
                late = self._submit(name, copy, body, headers)
            late.add_done_callback(lambda done: answer.set_result(done.result()))
        except RequestError as error:
            answer.set_result(refusal(error).with_attributes(headers))

    def _watch(self) -> None:
        while not self._stopped.wait(GLANCE):
            self._let_go_of_unloaded()

    def _let_go_of_unloaded(self) -> None:
        with self._lock:
            for name, copy in list(self._copies.items()):
                if self.registry.stamp(name) != copy.stamp:
                    self._let_go(name)

    def _let_go(self, name: str) -> None:
        """Forget a copy; its memory is given back once its requests have their answers."""
        copy = self._copies.pop(name)
        copy.is_gone = True
        copy.model.ended.add_done_callback(lambda _: self._free(name, copy.stamp))
        copy.model.stop()

    def _free(self, name: str, stamp: int) -> None:
        memory.give_back()
        self.registry.let_go(name, stamp)


def unknown() -> RequestError:
    """Say that there is no such model."""
    return RequestError(404, "no model of this name is loaded", "a name in GET /models, or POST /models before")
