"""Git repositories for the tests."""

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and give what it printed."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit_all(folder: Path, tag: str | None = None) -> None:
    """Make a folder a git repository, or add all its changes to the one it is."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", tag or "a commit")
    if tag:
        git(folder, "tag", tag)
