"""Which models are loaded: a folder that all worker processes look into, for a request may reach any of them."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import RequestError

VARIABLE = "MODEL_REGISTRY"
PAGE = 20  # models in a list


@dataclass(frozen=True)
class Entry:
    """A model that is loaded.

    Attributes:
        name: as SageMaker calls it; any text.
        url: the folder of its artefact.
        size: bytes of memory that it takes in each worker.
    """

    name: str
    url: str
    size: int


@contextmanager
def shared_registry() -> Iterator[None]:
    """Make the registry's folder, before there are workers; they find it by an environment variable."""
    process, folder = os.getpid(), tempfile.mkdtemp(prefix="models-")
    os.environ[VARIABLE] = folder
    try:
        yield
    finally:
        if os.getpid() == process:  # a forked worker may come here as well
            shutil.rmtree(folder, ignore_errors=True)


class Registry:
    """The loaded models: a file each, under the digest of the name, whose time of change tells one load from another.

    Args:
        folder: the same for all workers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded, self._claims, self._holders = (folder / name for name in ("loaded", "claims", "holders"))
        for path in (self._loaded, self._claims, self._holders):
            path.mkdir(parents=True, exist_ok=True)

    @classmethod
    def from_environment(cls) -> "Registry":
        """Find the folder that `shared_registry` made; a server that was started otherwise has one of its own."""
        return cls(Path(os.environ.get(VARIABLE) or tempfile.mkdtemp(prefix="models-")))

    @contextmanager
    def claim(self, name: str) -> Iterator[None]:
        """Keep other loads of a name away; the claim of a worker that dies ends with it.

        Raises:
            RequestError: 409, it is loaded, or being loaded.
        """
        path = self._claims / _digest(name)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _conflict("being loaded") from None
            if self.stamp(name) is not None:
                raise _conflict("loaded")
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other model is being loaded: two at a time could not be told apart in what they take."""
        with (self._folder / "turn").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def add(self, entry: Entry) -> int:
        """Tell all workers of a model; give its stamp.

        Raises:
            RequestError: 409, it is there already.
        """
        with tempfile.NamedTemporaryFile("w", dir=self._folder) as file:
            json.dump(asdict(entry), file)
            file.flush()
            stamp = time.time_ns()
            os.utime(file.name, ns=(stamp, stamp))
            try:
                os.link(file.name, self._loaded / _digest(entry.name))
            except FileExistsError:
                raise _conflict("loaded") from None
            return os.stat(file.name).st_mtime_ns

    def remove(self, name: str) -> bool:
        """Take a model from the list; not, where another request did so first."""
        try:
            (self._loaded / _digest(name)).unlink()
        except FileNotFoundError:
            return False
        return True

    def stamp(self, name: str) -> int | None:
        """Give what tells this load of a model from other ones; None where it is not loaded."""
        try:
            return os.stat(self._loaded / _digest(name)).st_mtime_ns
        except FileNotFoundError:
            return None

    def find(self, name: str) -> tuple[Entry, int] | None:
        """Give a model and its stamp."""
        return self._read(self._loaded / _digest(name))

    def page(self, after: str) -> tuple[list[Entry], str | None]:
        """Give the models that come after a token, and the token of the next page; the order never changes."""
        names = sorted(name for name in os.listdir(self._loaded) if name > after)
        found = [self._read(self._loaded / name) for name in names[:PAGE]]
        return [one[0] for one in found if one], names[PAGE - 1] if len(names) > PAGE else None

    def hold(self, name: str, stamp: int) -> None:
        """Tell that this process has a copy in memory."""
        self._mark(name, stamp, os.getpid()).touch()

    def let_go(self, name: str, stamp: int) -> None:
        """Tell that this process has none any more."""
        self._mark(name, stamp, os.getpid()).unlink(missing_ok=True)

    def copies(self, name: str, stamp: int) -> int:
        """Count the processes that have a copy in memory."""
        return self._holding().get(self._mark(name, stamp, 0).stem, 0)

    def sizes(self, workers: int) -> tuple[int, int]:
        """Give the bytes of all models in all workers, and how many of them the workers are still to take."""
        found = [one for name in os.listdir(self._loaded) if (one := self._read(self._loaded / name))]
        holding = self._holding()
        copies = [holding.get(self._mark(entry.name, stamp, 0).stem, 0) for entry, stamp in found]
        missing = (entry.size * max(workers - count, 0) for (entry, _), count in zip(found, copies, strict=True))
        return sum(entry.size for entry, _ in found) * workers, sum(missing)

    def _read(self, path: Path) -> tuple[Entry, int] | None:
        with suppress(FileNotFoundError), path.open() as file:
            return Entry(**json.load(file)), os.fstat(file.fileno()).st_mtime_ns
        return None

    def _mark(self, name: str, stamp: int, process: int) -> Path:
        return self._holders / f"{_digest(name)}-{stamp}.{process}"

    def _holding(self) -> dict[str, int]:
        """Count the copies of each model, without those of workers that died."""
        counts: dict[str, int] = {}
        for mark in self._holders.iterdir():
            if _is_alive(int(mark.suffix[1:])):
                counts[mark.stem] = counts.get(mark.stem, 0) + 1
            else:
                mark.unlink(missing_ok=True)
        return counts


def _digest(name: str) -> str:
    """Give a file name for a name, which may be longer than those, and hold anything."""
    return hashlib.sha256(name.encode()).hexdigest()


def _conflict(state: str) -> RequestError:
    return RequestError(409, f"a model of this name is {state}", "another name, or DELETE /models/{name} before")


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
