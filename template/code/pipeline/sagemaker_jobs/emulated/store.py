"""Objects in a folder of this machine: s3://BUCKET/KEY is the file BUCKET/KEY below it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from utils.config_reader import ConfigError


class FolderStore:
    """Has the methods of `backends.Stored`. An object appears whole or not at all, and nothing is ever deleted.

    Args:
        root: the folder; made when something is stored.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    def upload(self, path: Path, uri: str) -> None:
        """Store a file as this object, or a folder's files below it; links are left out, as SageMaker does."""
        if path.is_file():
            self._put(uri, lambda file: shutil.copyfile(path, file))
            return
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                self.upload(file, f"{uri.rstrip('/')}/{file.relative_to(path).as_posix()}")

    def download(self, uri: str, path: Path) -> None:
        """Bring an object to a file, or all objects below `uri/` into a folder.

        Raises:
            FileNotFoundError: there is none.
        """
        if not uri.endswith("/") and self._file(uri).is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._file(uri), path)
            return
        below = f"{uri.rstrip('/')}/"
        found = self.list(below)
        if not found:
            raise FileNotFoundError(f"there is no object {uri} and none below it")
        for one in found:
            self.download(one, path / one.removeprefix(below))

    def read(self, uri: str) -> bytes:
        """Give an object's bytes.

        Raises:
            FileNotFoundError: there is none.
        """
        if not self._file(uri).is_file():
            raise FileNotFoundError(f"there is no object {uri}")
        return self._file(uri).read_bytes()

    def write(self, uri: str, content: bytes) -> None:
        """Store bytes as an object."""
        self._put(uri, lambda file: file.write_bytes(content))

    def folders(self, uri: str) -> list[str]:
        """Name the folders right below `uri/`, in order."""
        folder = self._file(f"{uri.rstrip('/')}/")
        return sorted(found.name for found in folder.iterdir() if found.is_dir()) if folder.is_dir() else []

    def list(self, uri: str) -> list[str]:
        """Name the objects whose URIs begin with this one, in order."""
        start = self._file(uri)
        folder = start if uri.endswith("/") else start.parent
        uris = [f"s3://{file.relative_to(self._root).as_posix()}" for file in folder.rglob("*") if file.is_file()]
        return sorted(found for found in uris if found.startswith(uri))

    def where(self, uri: str) -> str:
        """Give the path of the object's file."""
        return str(self._file(uri))

    def _file(self, uri: str) -> Path:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        *folders, last = key.split("/")
        if not uri.startswith("s3://") or {"", ".", ".."} & {bucket, *folders} or last in (".", ".."):
            raise ConfigError(f"{uri} names no object; accepted: s3://BUCKET/KEY, no part of it empty, . or ..")
        return self._root / bucket / key

    def _put(self, uri: str, write: Callable[[Path], object]) -> None:
        file = self._file(uri)
        unfinished = self._root / ".unfinished" / uuid4().hex
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(unfinished)
            os.replace(unfinished, file)
        finally:
            unfinished.unlink(missing_ok=True)
