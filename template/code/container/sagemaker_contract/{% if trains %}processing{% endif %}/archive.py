"""model.tar.gz, as a training job leaves it, back into a folder."""

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from ..errors import InputError

FILE = "model.tar.gz"
ACCEPTED = "a model.tar.gz as training leaves it: files and folders, none outside, no links"


def unpack(packed: Path, folder: Path) -> None:
    """Unpack an archive into a folder.

    Raises:
        InputError: it is damaged, or holds a link, a device or a path outside the folder.
    """
    try:
        with tarfile.open(packed) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.3 and older have none
            for member in archive:
                _check(packed, member)
                archive.extract(member, folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{packed} cannot be unpacked ({error})", ACCEPTED) from None


def _check(packed: Path, member: tarfile.TarInfo) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{packed} holds {member.name!r}, a path outside", ACCEPTED)
    if not (member.isfile() or member.isdir()):
        kind = "a link" if member.issym() or member.islnk() else "neither a file nor a folder"
        raise InputError(f"{packed} holds {member.name!r}, {kind}", ACCEPTED)
