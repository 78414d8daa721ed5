"""The files of a channel in File and FastFile mode."""

import os
from pathlib import Path

from ..errors import InputError

NAMES = frozenset({".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".libsvm", ".svm", ".svmlight", ".gz"})


def find(folder: Path) -> list[Path]:
    """List the files under a channel's folder, nested ones too, in the order of their paths.

    Empty files, and names that begin with `.` or `_`, are left out.

    Raises:
        InputError: a file or folder cannot be looked at, or is a link that leads to no file.
    """
    try:
        return sorted(path for path in folder.rglob("*") if not _is_hidden(path, folder) and _holds_data(path))
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read ({error.strerror})", "readable files") from None


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def _holds_data(path: Path) -> bool:
    if path.is_symlink() and not path.is_file():
        raise InputError(f"{path} is a link to {os.readlink(path)}, which is no file", "links to files")
    if path.is_dir():
        if not os.access(path, os.R_OK | os.X_OK):
            raise InputError(f"{path} cannot be read (Permission denied)", "readable folders")
        if path.suffix in NAMES and not any(path.iterdir()):
            raise InputError(f"{path} is an empty folder", "a file, or a folder with files")
        return False
    return path.is_file() and path.stat().st_size > 0
