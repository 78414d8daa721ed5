"""Objects into folders and back, as SageMaker lays them out."""

import tarfile
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from ..backends import Stored


class Unusable(Exception):
    """A job cannot work with what its request names; the message becomes its FailureReason."""


def found(stored: Stored, source: dict[str, Any]) -> dict[str, str]:
    """Find the objects of an S3DataSource or S3Input; give their names below S3Uri, by URI.

    Raises:
        Unusable: there are none, or the data source is of another kind.
    """
    if (kind := source.get("S3DataType")) != "S3Prefix":
        raise Unusable(f"S3DataType is {kind}; accepted on this machine: S3Prefix")
    uris = stored.list(source["S3Uri"])
    if not uris:
        raise Unusable(f"Data download failed: no object has a URI that begins with {source['S3Uri']}")
    return {uri: uri.removeprefix(source["S3Uri"]).lstrip("/") or uri.rpartition("/")[2] for uri in uris}


def place(stored: Stored, source: dict[str, Any], folder: Path, mode: str, host: str, hosts: list[str]) -> None:
    """Bring the objects of an S3DataSource or S3Input into a folder; with ShardedByS3Key, this host's share.

    Raises:
        Unusable: there are none, or in a way that is not emulated.
    """
    if mode == "Pipe":
        raise Unusable("the input mode is Pipe; accepted on this machine: File or FastFile")
    names = found(stored, source)
    is_sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    folder.mkdir(parents=True, exist_ok=True)
    for uri in list(names)[hosts.index(host) :: len(hosts)] if is_sharded else names:
        stored.download(uri, folder / names[uri])


def inside(base: Path, path: str) -> Path:
    """Give the folder that stands for a LocalPath.

    Raises:
        Unusable: it does not lie under /opt/ml.
    """
    if not path.startswith("/opt/ml/") or ".." in Path(path).parts:
        raise Unusable(f"LocalPath is {path}; accepted: a folder under /opt/ml")
    return base / path.removeprefix("/opt/ml/")


def pack(folders: Iterable[Path], stored: Stored, uri: str, beside: Path) -> None:
    """Store what folders hold as one tar.gz, which is made in a folder beside them: /tmp may have no room for it."""
    with tempfile.NamedTemporaryFile(dir=beside, suffix=".tar.gz") as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for path in sorted(path for folder in folders for path in folder.iterdir()):
                archive.add(path, path.name)
        file.flush()
        stored.upload(Path(file.name), uri)


def unpack(stored: Stored, uri: str, folder: Path) -> None:
    """Unpack a tar.gz into a folder.

    Raises:
        Unusable: it is not there, is damaged, or holds what lies outside.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.NamedTemporaryFile(dir=folder.parent, suffix=".tar.gz") as file:
            stored.download(uri, Path(file.name))
            with tarfile.open(file.name, "r:gz") as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extraction_filter = tarfile.data_filter
                else:  # Python 3.11.3 and older
                    _check(archive)
                archive.extractall(folder)
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        raise Unusable(f"{uri} cannot be unpacked ({error}); accepted: a model.tar.gz as training leaves it") from None


def _check(archive: tarfile.TarFile) -> None:
    """See that an archive holds nothing but files and folders, all of them inside."""
    for member in archive:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or not (member.isfile() or member.isdir()):
            raise tarfile.TarError(f"{member.name} lies outside, or is neither a file nor a folder")
