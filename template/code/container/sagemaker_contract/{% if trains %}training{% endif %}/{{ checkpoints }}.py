"""Checkpoints: /opt/ml/checkpoints, which SageMaker keeps in S3 all the time and restores when it starts a job again.

A checkpoint is a folder, written under another name and then renamed, so that one that was not finished never has its
name. S3 knows no renaming, and may bring back half of one: its checkpoint.json holds the digest of each file.
"""

import json
import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..artefact import digests
from ..cells import quoted
from ..errors import InputError
from ..run import Checkpoint

MANIFEST = "checkpoint.json"
NAME = re.compile(r"checkpoint-(\d{6,})")
KEPT = 3
logger = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one job.

    Args:
        folder: holds a folder for each checkpoint.
        made_for: hyperparameters and facts by name; a checkpoint made for others cannot be gone on from.
    """

    def __init__(self, folder: Path, made_for: dict[str, Any]) -> None:
        self.folder = folder
        self.made_for = json.loads(json.dumps(made_for))  # as they come back from a file

    def newest(self) -> tuple[Checkpoint, list[dict]] | None:
        """Give the newest checkpoint that is whole, with the figures reported until then.

        Raises:
            InputError: it was made for another job.
        """
        for folder in reversed(self._all()):
            manifest = self._read(folder)
            if manifest is None:
                logger.warning("%s is not whole, and is skipped", folder)
                continue
            self._check(folder, manifest["made_for"])
            return Checkpoint(manifest["done"], folder / "files"), manifest["history"]
        return None

    def write(self, done: int, history: list[dict], write: Callable[[Path], None]) -> None:
        """Write a checkpoint and remove all but the newest; a folder that cannot be written is warned about."""
        target = self.folder / f"checkpoint-{done:06d}"
        draft = self.folder / f".{target.name}"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            (draft / "files").mkdir(parents=True)
            write(draft / "files")
            manifest = {"done": done, "made_for": self.made_for, "history": history, "files": digests(draft / "files")}
            (draft / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
            shutil.rmtree(target, ignore_errors=True)  # one that is not whole
            draft.rename(target)
        except Exception as error:  # a library's own, where the disk is full
            shutil.rmtree(draft, ignore_errors=True)
            logger.warning("no checkpoint after %d: %s; the job goes on", done, error)
            return
        logger.info("checkpoint %s", target)
        written = self._all()
        place = written.index(target) + 1
        for old in [*written[: max(0, place - KEPT)], *written[place:]]:  # newer ones were not whole
            shutil.rmtree(old, ignore_errors=True)

    def _all(self) -> list[Path]:
        """List the checkpoints, the newest last; what others have put into the folder is left alone."""
        named = {path: NAME.fullmatch(path.name) for path in self.folder.glob("checkpoint-*")}
        ours = [path for path, match in named.items() if match and path.is_dir()]
        return sorted(ours, key=lambda path: int(named[path][1]))

    def _read(self, folder: Path) -> dict[str, Any] | None:
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            if digests(folder / "files") == manifest["files"] and {"done", "made_for", "history"} <= manifest.keys():
                return manifest
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass
        return None

    def _check(self, folder: Path, made_for: dict[str, Any]) -> None:
        names = sorted({*made_for, *self.made_for})
        for name in [name for name in names if made_for.get(name) != self.made_for.get(name)]:
            then, now = quoted(made_for.get(name)), quoted(self.made_for.get(name))
            raise InputError(
                f"{folder} was made with {name}={then}, and this job has {name}={now}",
                "the same hyperparameters and data, but for the number of rounds; or an empty checkpoints folder",
            )
