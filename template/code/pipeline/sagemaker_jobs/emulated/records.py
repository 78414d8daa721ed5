"""What requests have made, a JSON file each, so that a later command finds it."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from . import locks

ACCOUNT = "000000000000"
Record = dict[str, Any]


class Refused(Exception):
    """A request is refused, with SageMaker's code, and details of the answer."""

    def __init__(self, message: str, code: str = "ValidationException", **details: Any) -> None:
        self.code = code
        self.details = details
        super().__init__(message)


class Records:
    """Jobs, models, endpoint configurations and endpoints, by their kind, such as TrainingJob, and name.

    Args:
        folder: gets a folder for each kind, such as training-jobs.
        region: of their ARNs.
    """

    def __init__(self, folder: Path, region: str) -> None:
        self._folder = folder
        self._region = region
        self._threads = RLock()
        self._is_locked = False

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Have other threads and other commands wait while several steps are done that belong together."""
        with self._threads:
            if self._is_locked:  # by this thread
                yield
                return
            held = locks.hold(self._folder / ".lock")
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False
                os.close(held)

    def arn(self, kind: str, name: str) -> str:
        """Give the ARN."""
        return f"arn:aws:sagemaker:{self._region}:{ACCOUNT}:{_dashed(kind)}/{name}"

    def folder(self, kind: str, name: str) -> Path:
        """Give the folder for the files that belong to it."""
        return self._folder / f"{_dashed(kind)}s" / name

    def create(self, kind: str, request: Record, **fields: Any) -> dict[str, str]:
        """Record something new, and give its ARN as the answer.

        Raises:
            Refused: there is one of that name.
        """
        name = request[f"{kind}Name"]
        arn = {f"{kind}Arn": self.arn(kind, name)}
        with self.lock():
            if self._file(kind, name).exists():
                code = "ResourceInUse" if kind.endswith("Job") else "ValidationException"
                raise Refused(f'Cannot create already existing {_words(kind)} "{self.arn(kind, name)}".', code)
            self._write(kind, name, request | arn | {"CreationTime": datetime.now(UTC)} | fields)
        return arn

    def update(self, kind: str, name: str, **fields: Any) -> Record:
        """Change fields of what was recorded, and give all of it."""
        with self.lock():
            record = self.read(kind, name) | fields
            self._write(kind, name, record)
        return record

    def read(self, kind: str, name: str) -> Record:
        """Give what was recorded.

        Raises:
            Refused: nothing was.
        """
        try:
            return json.loads(self._file(kind, name).read_bytes(), object_hook=_decoded)
        except FileNotFoundError:
            raise Refused(f'Could not find {_words(kind)} "{self.arn(kind, name)}".') from None

    def all(self, kind: str) -> list[Record]:
        """Give all of a kind, by name."""
        return [self.read(kind, file.stem) for file in sorted(self._file(kind, "any").parent.glob("*.json"))]

    def delete(self, kind: str, name: str) -> None:
        """Forget something.

        Raises:
            Refused: nothing was recorded.
        """
        with self.lock():
            self.read(kind, name)
            self._file(kind, name).unlink()

    def _file(self, kind: str, name: str) -> Path:
        return self.folder(kind, f"{name}.json")

    def _write(self, kind: str, name: str, record: Record) -> None:
        """Write a record, whole or not at all."""
        file = self._file(kind, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        changed = {"LastModifiedTime": datetime.now(UTC)}
        unfinished.write_text(json.dumps(record | changed, default=_encoded, indent=2), "utf-8")
        os.replace(unfinished, file)


def kind_and_name(arn: str) -> tuple[str, str]:
    """Give kind and name of what an ARN names."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return "".join(word.capitalize() for word in kind.split("-")), name


def _dashed(kind: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower()


def _words(kind: str) -> str:
    return _dashed(kind).replace("-", " ")


def _encoded(time: datetime) -> dict[str, str]:
    return {"$time": time.isoformat()}


def _decoded(found: dict[str, Any]) -> Any:
    return datetime.fromisoformat(found["$time"]) if "$time" in found else found
