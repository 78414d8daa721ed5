"""Settle what `copier update` leaves to chance: edits of what a release renames, drops or has in binary, and new files.

    settle.py BEFORE OLD NEW AFTER

All four are folders: the project before the update, what the old and the new release make of its answers, and the
project after Copier's update, which is changed. Edits are lines, bytes or a mode that differ between OLD and BEFORE.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RENAMES = Path(__file__).with_name("renames.tsv")
EXECUTABLE = 0o111


class Update:
    """One update, of which each file is settled once."""

    def __init__(self, before: Path, old: Path, new: Path, after: Path) -> None:
        self.before, self.old, self.new, self.after = before, old, new, after
        command = ["git", "ls-tree", "-r", "-z", "--name-only", "HEAD"]
        listed = subprocess.run(command, cwd=after, check=True, capture_output=True).stdout
        self.tracked = set(os.fsdecode(listed).split("\0"))
        self.news: list[str] = []

    def settle(self) -> None:
        """Settle every file that either release has."""
        old, new = names(self.old), names(self.new)
        moves, reasons = read_renames(old)
        settled = set()
        for path, target in moves.items():
            if target in new and target not in self.tracked:
                self.settle_move(path, target)
                settled |= {path, target}
        for path in sorted(old - settled):
            self.settle_old(path, reasons.get(path, "the project as it is now does without"))
        for path in sorted(new - old - settled):
            self.settle_new(path)

    def settle_move(self, path: str, target: str) -> None:
        """Bring an edited file to where the new release has it; one that was deleted stays deleted."""
        if path not in self.tracked:
            (self.after / target).unlink(missing_ok=True)
        elif not (self.after / target).exists():  # the user's, which Copier leaves alone
            move(self.after / path, self.after / target)
        else:
            if self.is_edited(path):
                self.merge(path, target)
            (self.after / path).unlink(missing_ok=True)

    def settle_old(self, path: str, reason: str) -> None:
        """See to the edits in a file that the old release had."""
        if path not in self.tracked or not self.is_edited(path) or is_same(self.before / path, self.after / path):
            return
        if (self.new / path).exists():
            self.merge(path, path)
        else:
            copy(self.before / path, self.after / path)
            self.news.append(f"{path} stays, because it was edited here: {reason}")

    def settle_new(self, path: str) -> None:
        """Add what the new release gives to the user; a file of the user's own at the same path wins where it can."""
        if path in self.tracked:
            if not is_same(self.before / path, self.after / path):
                self.merge(path, path)
        elif not (self.after / path).exists():
            copy(self.new / path, self.after / path)

    def is_edited(self, path: str) -> bool:
        """Say whether a file is not what the old release made."""
        return not (self.old / path).exists() or not is_same(self.old / path, self.before / path)

    def merge(self, path: str, target: str) -> None:
        """Write the edits of a file into the new release's: with conflict markers, or the release's as .rej."""
        mine, after = self.before / path, self.after / target
        if after.with_name(after.name + ".rej").exists():  # as `--conflict rej` has asked for
            return
        was, now = self.old / path, self.new / target
        old_mode = was.stat().st_mode if was.exists() else mine.stat().st_mode
        text = None if mine.is_symlink() else merged(mine.read_bytes(), read(was), now.read_bytes())
        if text is None:
            copy(mine, after)
            if read(was) != now.read_bytes():
                shutil.copy2(now, after.with_name(after.name + ".rej"))
                self.news.append(f"{target} stays, because it was edited here; {target}.rej is the new release's")
            return
        after.parent.mkdir(parents=True, exist_ok=True)
        after.write_bytes(text)
        is_changed = (old_mode ^ mine.lstat().st_mode) & EXECUTABLE
        after.chmod((mine if is_changed else now).stat().st_mode)


def names(folder: Path) -> set[str]:
    """List the files in a folder, but for the answers, which are Copier's."""
    paths = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    return {path for path in paths if not path.startswith(".copier-answers.")}


def read_renames(old: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Give the new path by the old one, and why by the path for what is dropped; `*` stands for a folder's name."""
    moves, reasons = {path: path for path in old}, {}
    rows = [line.split("\t") for line in RENAMES.read_text("utf-8").splitlines() if not line.startswith("#")]
    for _, source, target, reason in rows:
        pattern = re.escape(source).replace(r"\*", "([^/]+)")
        for path, now in moves.items():
            if found := re.fullmatch(pattern, now):
                reasons[path] = reason
                folders = iter(found.groups())
                moves[path] = now if target == "-" else re.sub(r"\*", lambda _, folders=folders: next(folders), target)
    return {path: now for path, now in moves.items() if now != path}, reasons


def is_same(one: Path, other: Path) -> bool:
    """Compare content and mode, as git does."""
    if one.is_symlink() or other.is_symlink() or not one.is_file() or not other.is_file():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    same_mode = not (one.stat().st_mode ^ other.stat().st_mode) & EXECUTABLE
    return same_mode and one.read_bytes() == other.read_bytes()


def read(path: Path) -> bytes:
    """Give a file's bytes, none where there is no file."""
    return path.read_bytes() if path.exists() else b""


def merged(mine: bytes, was: bytes, now: bytes) -> bytes | None:
    """Merge by lines, in the line endings of mine; None for what is binary."""
    if mine.count(b"\n") == mine.count(b"\r\n") > 0 and b"\r" not in was + now:
        was, now = was.replace(b"\n", b"\r\n"), now.replace(b"\n", b"\r\n")
    sides = {"before updating": mine, "last update": was, "after updating": now}
    if any(b"\0" in side for side in sides.values()):
        return None
    command = ["git", "merge-file", "--stdout"]
    with tempfile.TemporaryDirectory() as folder:
        for label, side in sides.items():
            Path(folder, label).write_bytes(side)
            command += ["-L", label]
        done = subprocess.run([*command, *sides], cwd=folder, capture_output=True)
    return None if done.returncode > 127 else done.stdout


def copy(source: Path, target: Path) -> None:
    """Copy a file with its mode, a link as a link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def move(source: Path, target: Path) -> None:
    """Rename a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)


if __name__ == "__main__":
    update = Update(*(Path(argument) for argument in sys.argv[1:5]))
    update.settle()
    print("\n".join(update.news), end="\n" if update.news else "", file=sys.stderr)
