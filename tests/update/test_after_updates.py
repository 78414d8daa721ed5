"""What a project can do after an update: its own checks pass, and its tests."""

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from living import CURRENT, RELEASES, asked, has_conflict, settle, update, users_files
from repository import commit_all

pytestmark = pytest.mark.xdist_group("update")

RUFF = str(Path(sys.executable).with_name("ruff"))
ANSWERS = {"framework": "sklearn"}
CONFLICT = re.compile(r"^<<<<<<< .*?^=======\n(.*?)^>>>>>>> .*?\n", re.MULTILINE | re.DOTALL)
TESTS = [
    "tests/test_model.py",
    "tests/contract/test_serving.py::test_ping_waits_for_the_model_and_is_then_empty",
    "tests/contract/test_serving.py::test_sigterm_ends_it_well",
]


def live(rendered, folder: Path, version: str, number: int) -> None:
    """Make a project of a release, edit it at random so that it still works, and update it."""
    old = rendered(f"v{version}", **ANSWERS)
    shutil.copytree(old, folder)
    chance = random.Random(number)
    modules = sorted(set(folder.rglob("*.py")) - set(users_files(folder)))
    for path in [*chance.sample(modules, 10), *users_files(folder)]:
        if path.suffix == ".py":
            lines = path.read_text("utf-8").splitlines(keepends=True)
            places = [place for place, line in enumerate(lines) if line.startswith(("def ", "class "))] or [len(lines)]
            end = max(places)  # above a definition and what is written over it
            while end and lines[end - 1].startswith(("@", "#")):
                end -= 1
            lines.insert(end, f"# edit {number} of this project\n")
            path.write_text("".join(lines), "utf-8")
    commit_all(folder)
    before = folder.with_name("before")
    shutil.copytree(folder, before)
    update(folder)
    settle(before, old, rendered(CURRENT, **asked(folder)), folder)
    shutil.rmtree(before)


def decide(folder: Path) -> None:
    """Take the release's side of each conflict, as a user might."""
    for path in folder.rglob("*.py"):
        text = path.read_text("utf-8")
        if "<<<<<<< " in text:
            path.write_text(CONFLICT.sub(r"\1", text), "utf-8")
    assert not has_conflict(folder)


def run_tests(folder: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAGEMAKER_", "VIRTUAL_ENV"))}
    done = subprocess.run(["scripts/test/local.sh", *arguments], cwd=folder, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def environment(rendered, tmp_path_factory) -> Path:
    """Give the folder of a model whose lock and environment are made; those of all projects here are the same."""
    folder = tmp_path_factory.mktemp("environment") / "churn-model"
    shutil.copytree(rendered(CURRENT, **ANSWERS), folder)
    run_tests(folder, "--version")
    return folder / "code/container/churn_model"


@pytest.mark.parametrize("number", range(10))
def test_an_updated_project_passes_its_own_checks_and_tests(rendered, environment, tmp_path, number):
    folder = tmp_path / "churn-model"
    live(rendered, folder, list(RELEASES)[number % len(RELEASES)], number)
    decide(folder)
    for command in (["check", "--no-cache", "."], ["format", "--no-cache", "--check", "."]):
        done = subprocess.run([RUFF, *command], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"history {number}: {done.stdout}"
    for script in folder.rglob("scripts/**/*.sh"):
        subprocess.run(["bash", "-n", str(script)], check=True)
    model = folder / "code/container/churn_model"
    shutil.copy(environment / "uv.lock", model)
    (model / ".venv").symlink_to(environment / ".venv")
    run_tests(folder, *TESTS)
    shutil.rmtree(tmp_path)


@pytest.mark.full
def test_an_updated_project_passes_all_its_tests(rendered, tmp_path):
    folder = tmp_path / "churn-model"
    live(rendered, folder, list(RELEASES)[-1], 0)
    assert not has_conflict(folder)
    run_tests(folder)
