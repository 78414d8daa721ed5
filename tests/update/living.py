"""Projects that live on: which files are whose, what is in a folder, and the steps of make update in this process."""

import importlib.util
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import copier
import yaml
from answers import ROOT, is_refused, pairwise

# Rendered once and then left alone. The second list is of files that a changed answer may still add.
USERS = [
    "code/container/*/model.py",
    "code/container/*/metrics.json",
    "code/container/*/utils/*",
    "code/pipeline/configs/**/*",
    "sample_data/**/*",
    "tests/test_model.py",
]
USERS_ADDED_LATER = ["code/container/*/jobs/*", "code/container/*/inference.py", "marketplace/*.yml"]

RELEASES = yaml.safe_load((ROOT / "tests/update/releases.yml").read_text("utf-8"))
CURRENT = "v999"  # the tag of what is being worked on
FIRST_ANSWERS = {  # what the first release offers
    "language": ["en", "ja"],
    "pattern": ["from_scratch", "toolkit_on_own_image", "extend_aws_image"],
    "framework": ["sklearn", "xgboost", "lightgbm", "pytorch", "tensorflow", "mxnet"],
    "purpose": ["both", "train", "serve"],
    "web_framework": ["fastapi", "flask", "toolkit"],
    "package_manager": ["uv", "pip", "poetry"],
}


def rows_of(version: str) -> list[dict]:
    """Give some sets of answers for a release; over all releases, every pair of answers that the first has."""
    rows = pairwise(FIRST_ANSWERS, is_refused)
    return rows[list(RELEASES).index(version) :: len(RELEASES)]


def users_files(folder: Path) -> list[Path]:
    return [path for pattern in USERS + USERS_ADDED_LATER for path in folder.glob(pattern) if path.is_file()]


def state(folder: Path, leave_out: Iterable[Path] = ()) -> dict[str, tuple[int, bytes]]:
    """Give mode and content of every file by its name."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts and path not in leave_out
    }


def names(files: Iterable[Path], folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in files}


def recorded(folder: Path) -> dict:
    return yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))


def has_conflict(folder: Path) -> bool:
    markers = subprocess.run(
        ["git", "grep", "--untracked", "-lE", "^(<<<<<<<|>>>>>>>) "], cwd=folder, capture_output=True
    )
    return bool(markers.stdout) or bool(list(folder.rglob("*.rej")))


def asked(folder: Path) -> dict:
    return {name: value for name, value in recorded(folder).items() if not name.startswith("_")}


def update(folder: Path, **answers) -> None:
    copier.run_update(folder, data=answers, defaults=True, overwrite=True, quiet=True)


class Renders:
    """What releases make of answers, each once; nobody may write into it."""

    def __init__(self, template: Path, make_folder: Callable[[], Path]) -> None:
        self.template = template
        self.make_folder = make_folder
        self.folders: dict[str, Path] = {}

    def __call__(self, release: str, **answers) -> Path:
        key = repr((release, sorted(answers.items(), key=repr)))
        if key not in self.folders:
            folder = self.make_folder() / "churn-model"
            copier.run_copy(str(self.template), folder, data=answers, vcs_ref=release, defaults=True, quiet=True)
            self.folders[key] = folder
        return self.folders[key]


def settle(before: Path, old: Path, new: Path, after: Path) -> list[str]:
    """Do what make update does after Copier; give what it says."""
    path = ROOT / "template/scripts/updating/settle.py"
    spec = importlib.util.spec_from_file_location("settle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    one = module.Update(before, old, new, after)
    one.settle()
    return one.news
