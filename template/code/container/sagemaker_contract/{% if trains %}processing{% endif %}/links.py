"""Links in outputs: SageMaker does not upload them, so files have to take their places."""

import os
import shutil
from pathlib import Path

from ..errors import InputError


def replace(outputs: Path, inside: Path) -> None:
    """Put a copy of its file in the place of every link.

    Args:
        outputs: the folder to look through.
        inside: what a link may point into.

    Raises:
        InputError: a link points outside, at a folder, or at nothing.
    """
    for link in sorted(path for path in outputs.rglob("*") if path.is_symlink()):
        target = Path(os.path.realpath(link))  # which takes a link to itself
        if not target.is_file() or not target.is_relative_to(inside.resolve()):
            wrong = (
                f"output {link.relative_to(outputs)} is a link to {link.readlink()}, which SageMaker does not upload"
            )
            raise InputError(wrong, f"files, or links to files under {inside}")
        link.unlink()
        shutil.copyfile(target, link)
