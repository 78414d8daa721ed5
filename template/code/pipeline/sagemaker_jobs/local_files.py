"""Files of this machine that the configuration names, on their way into a run's folder."""

import gzip
import tarfile
import zlib
from pathlib import Path

from utils.config_reader import ConfigError

from .backends import Stored

PROJECT = Path(__file__).parents[3]


def copy(key: str, path: str, stored: Stored, uri: str) -> int:
    """Copy a file, or a folder's files, as they are; give their bytes.

    Args:
        key: the configuration's, which names the path.
        path: from the project's root.
        stored: where to.
        uri: below which they are to lie.

    Raises:
        ConfigError: there are none, or one is a link.
    """
    found = _without_links(key, PROJECT / path)
    size = sum(file.stat().st_size for file in found if file.is_file())
    if not size:
        raise ConfigError(f"{key}: {PROJECT / path} holds no data; accepted: a file, or a folder with files")
    is_folder = (PROJECT / path).is_dir()
    stored.upload(PROJECT / path, uri if is_folder else f"{uri}/{Path(path).name}")
    return size


def pack(key: str, folder: Path, archive: Path) -> None:
    """Pack a model folder as SageMaker unpacks it: a tar.gz with the files at its top.

    The same files give the same bytes, whoever packs them and when.

    Raises:
        ConfigError: there are none, or one is a link.
    """
    found = _without_links(key, folder)
    if not any(path.is_file() for path in found):
        raise ConfigError(f"{key}: {folder} holds no files; accepted: a model folder, or a model.tar.gz")
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for path in found:
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            if path.is_dir():
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(member)
            else:
                member.size = path.stat().st_size
                with path.open("rb") as content:
                    tar.addfile(member, content)


def check_packed(key: str, archive: Path) -> None:
    """See that a file is a tar.gz that holds something.

    Raises:
        ConfigError: it is not, or not there.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            problem = "" if tar.next() else "it is empty"
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        problem = getattr(error, "strerror", None) or str(error)
    if problem:
        raise ConfigError(f"{key}: {archive}: {problem}; accepted: a model.tar.gz, or a model folder")


def _without_links(key: str, path: Path) -> list[Path]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    if path.is_dir() and (links := [file for file in found if file.is_symlink()]):
        raise ConfigError(f"{key}: {links[0]} is a link, which would be left out; accepted: files")
    return found
