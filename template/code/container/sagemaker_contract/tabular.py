"""The files of a channel as one table."""

from pathlib import Path

from .channels import files, formats
from .channels.rows import ONE_TABLE
from .channels.sources import Source
from .channels.table import Table
from .errors import InputError

__all__ = ["Table", "read_channel"]


def read_channel(
    folder: Path, target: str | None = None, columns: list[str] | None = None, content_type: str | None = None
) -> Table:
    """Read every file under a channel's folder, nested ones too, in the order of their paths.

    Args:
        folder: the channel's folder. Empty files, and names that begin with `.` or `_`, are left out.
        target: name of the label column; None means the last column, or `label` where columns have no names.
        columns: the feature columns that another channel has; None means all but the target.
        content_type: what the job says of files whose names do not tell their format.

    Raises:
        InputError: there is no data, or a file cannot be read; names the file, the line and the cause.
    """
    found = files.find(folder)
    if not found:
        raise InputError(f"channel {folder.name!r} holds no data ({folder})", ONE_TABLE)
    return formats.read(folder.name, [Source(path, content_type) for path in found], target, columns)
