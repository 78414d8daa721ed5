"""The logs of jobs, a file for each host: what came since the last look."""

from collections.abc import Iterator
from pathlib import Path


class Tails:
    """Remembers how much of each file was given."""

    def __init__(self) -> None:
        self._given: dict[Path, int] = {}

    def lines(self, files: list[Path]) -> Iterator[str]:
        """Give the whole lines that came since the last call; those of several hosts begin with the host's name."""
        for file in files:
            front = f"{file.stem}: " if len(files) > 1 else ""
            with file.open("rb") as log:
                log.seek(self._given.get(file, 0))
                whole, end, _ = log.read().rpartition(b"\n")
            self._given[file] = self._given.get(file, 0) + len(whole + end)
            for line in whole.split(b"\n") if end else []:
                yield front + line.decode(errors="replace").rstrip("\r")


def end_line(file: Path) -> None:
    """End the last line of a log to which nothing will come any more."""
    with file.open("rb+") as log:
        log.seek(max(log.seek(0, 2) - 1, 0))
        if log.read(1) not in (b"", b"\n"):
            log.write(b"\n")
