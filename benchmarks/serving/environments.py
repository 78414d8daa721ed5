"""Virtual environments and scratch files under build/, which git ignores."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE / "build"


class Unavailable(Exception):
    """A system that this machine or this template cannot run; the message says why."""


def environment(folder: Path) -> Path:
    """Make the virtual environment for a folder's requirements.txt, unless there is one, and give its path."""
    wanted = (folder / "requirements.txt").read_text()
    target = BUILD / "environments" / folder.name
    installed = target / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        uv("venv", "--clear", "--python", sys.executable, str(target))
        uv(
            "pip",
            "install",
            "--compile-bytecode",
            "--python",
            str(target),
            "--requirement",
            f"{folder}/requirements.txt",
        )
        installed.write_text(wanted)
    return target


def versions(environment: Path) -> dict[str, str]:
    """Give the versions of what an environment holds, by name."""
    listed = json.loads(uv("pip", "list", "--format", "json", "--python", str(environment)))
    return {package["name"]: package["version"] for package in listed}


def uv(*command: str) -> str:
    """Run uv, and give what it printed.

    Raises:
        Unavailable: it failed; holds the end of its message.
    """
    done = subprocess.run([shutil.which("uv") or "uv", *command], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise Unavailable(f"uv {' '.join(command[:2])} failed: {done.stderr[-500:].strip()}")
    return done.stdout
