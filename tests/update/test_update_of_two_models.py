"""A project with two models: an update of the project leaves the second alone, one of the second the project."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from repository import commit_all, git

pytestmark = pytest.mark.xdist_group("further model")  # so that one worker makes what the tests share

PROJECTS, SECONDS = ".copier-answers.yml", ".copier-answers.second.yml"
SECOND = {"scope": "model", "model_name": "second", "framework": "lightgbm"}
NEWS = "# the second release says so\n"
# What the second release changes: of the project, of both models, of the second, and of the user.
CHANGED = [
    "template/scripts/lock.sh",
    "parts/images/Dockerfile",
    "parts/frameworks/lightgbm/cluster.py",
    "parts/frameworks/lightgbm/model.py",
    "template/code/pipeline/{{ configs }}/base.yml.jinja",
]


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory) -> Path:
    """Make a repository of the template whose second release changes some files, adds one and drops one."""
    folder = tmp_path_factory.mktemp("releases") / "sm-template"
    shutil.copytree(template, folder)
    model = folder / "template/code/container/{{ model_name }}"
    (model / "dropped.py").write_text("# only in the first release\n")
    commit_all(folder, "v0.0.1")
    (model / "dropped.py").unlink()
    (model / "added.py").write_text("# only in the second release\n")
    for name in CHANGED:
        path = folder / name
        path.write_text(path.read_text("utf-8") + NEWS, "utf-8")
    commit_all(folder, "v0.0.2")
    return folder


@pytest.fixture(scope="module")
def copy(releases: Path, tmp_path_factory) -> Callable[[str], Path]:
    """Give a function that gives a project with two models, under git, from a release."""
    made: dict[str, Path] = {}

    def copy(release: str, **answers) -> Path:
        key = release + repr(answers)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("made") / "churn-model"
            options = {"vcs_ref": release, "defaults": True, "quiet": True}
            copier.run_copy(str(releases), made[key], data={"model_name": "tumour"} | answers, **options)
            copier.run_copy(str(releases), made[key], data=SECOND, answers_file=SECONDS, **options)
            commit_all(made[key])
        return Path(shutil.copytree(made[key], tmp_path_factory.mktemp("living") / "churn-model"))

    return copy


def update(folder: Path, answers_file: str = PROJECTS, **answers) -> None:
    copier.run_update(folder, answers_file=answers_file, data=answers, defaults=True, overwrite=True, quiet=True)
    found = subprocess.run(["git", "grep", "--untracked", "-lE", "^(<<<<<<<|>>>>>>>) "], cwd=folder)
    assert found.returncode == 1
    assert list(folder.rglob("*.rej")) == []
    commit_all(folder)


def recorded(folder: Path, answers_file: str) -> dict:
    return yaml.safe_load((folder / answers_file).read_text("utf-8"))


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Give mode and content of every file but the user's, whose updates leave them alone."""
    users = ("model.py", "metrics.json")
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mode, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts and "configs" not in path.parts and path.name not in users
    }


def is_new(folder: Path, name: str) -> bool:
    return (folder / name).read_text("utf-8").endswith(NEWS)


def test_each_update_brings_its_own_files_and_both_together_a_fresh_copy(copy):
    folder = copy("v0.0.1")
    update(folder)
    assert is_new(folder, "scripts/lock.sh")
    assert is_new(folder, "scripts/docker/container/Dockerfile")
    assert not is_new(folder, "code/container/second/Dockerfile")
    assert [(folder / "code/container" / name / "added.py").exists() for name in ("tumour", "second")] == [True, False]
    assert [recorded(folder, name)["_commit"] for name in (PROJECTS, SECONDS)] == ["v0.0.2", "v0.0.1"]

    before = state(folder)
    update(folder, SECONDS)
    after = state(folder)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    front = "code/container/second"
    assert changed == {SECONDS, *(f"{front}/{name}" for name in ("Dockerfile", "cluster.py", "added.py", "dropped.py"))}
    assert after == state(copy("v0.0.2"))
    assert recorded(folder, SECONDS) == recorded(folder, SECONDS) | SECOND | {"_commit": "v0.0.2"}


def test_a_model_is_of_the_release_of_its_project(releases, copy):
    folder = copy("v0.0.1")
    with pytest.raises(ValueError, match=r"release v0\.0\.1, and this is v0\.0\.2\. Accepted: copier update "):
        update(folder, SECONDS)
    third = {"data": {"scope": "model"}, "answers_file": ".copier-answers.third.yml", "defaults": True, "quiet": True}
    with pytest.raises(ValueError, match=r"--vcs-ref v0\.0\.1$"):
        copier.run_copy(str(releases), folder, vcs_ref="v0.0.2", **third)
    assert git(folder, "status", "--porcelain") == ""
    copier.run_copy(str(releases), folder, vcs_ref="v0.0.1", **third)
    assert (folder / "code/container/third/dropped.py").is_file()


def test_updates_keep_edits_and_leave_the_users_files_alone(copy):
    folder = copy("v0.0.1")
    users = [
        "code/container/second/model.py",
        "code/container/second/metrics.json",
        "code/container/second/utils/__init__.py",
        "code/container/second/jobs/training.py",
        "code/pipeline/configs/second/base.yml",
        "sample_data/second/README.md",
    ]
    edited = [*users, "code/container/second/cluster.py", "code/container/second/Dockerfile", "scripts/lock.sh"]
    deleted = ["code/container/second/jobs/inference.py", "code/pipeline/configs/second/stg.yml"]
    for name in edited:
        path = folder / name
        first, _, rest = path.read_text("utf-8").partition("\n")
        path.write_text(f"{first}\n# mine\n{rest}", "utf-8")
    for name in deleted:
        (folder / name).unlink()
    (folder / "code/container/second/own.py").write_text("# mine\n")
    commit_all(folder)
    contents = {name: (folder / name).read_bytes() for name in users}
    update(folder)
    update(folder, SECONDS)
    assert {name: (folder / name).read_bytes() for name in users} == contents
    for name in edited:
        assert "\n# mine\n" in (folder / name).read_text("utf-8")
        assert is_new(folder, name) == (name not in users)
    assert [name for name in deleted if (folder / name).exists()] == []
    assert (folder / "code/container/second/own.py").read_text() == "# mine\n"


def test_the_second_follows_where_its_project_moves(copy):
    folder = copy("v0.0.2")
    model = (folder / "code/container/second/model.py").read_bytes()
    update(folder, pattern="toolkit_on_own_image", web_framework="toolkit")
    assert recorded(folder, SECONDS)["pattern"] == "from_scratch"
    update(folder, SECONDS)
    its = recorded(folder, SECONDS)
    assert (its["pattern"], its["web_framework"]) == ("toolkit_on_own_image", "toolkit")
    assert (folder / "code/container/second/inference.py").is_file()
    assert (folder / "code/container/second/model.py").read_bytes() == model
    assert state(folder) == state(copy("v0.0.2", pattern="toolkit_on_own_image", web_framework="toolkit"))


def test_the_second_may_not_move_by_itself(copy):
    folder = copy("v0.0.2")
    with pytest.raises(ValueError, match="'pattern': A further model follows its project; accepted: from_scratch"):
        update(folder, SECONDS, pattern="toolkit_on_own_image")
    (folder / PROJECTS).unlink()
    commit_all(folder)
    with pytest.raises(ValueError, match="There is no project of this template here"):
        update(folder, SECONDS)
    assert git(folder, "status", "--porcelain") == ""


def test_the_command_line_updates_it_by_its_answers_file_and_warns_of_nothing(copy):
    folder = copy("v0.0.1")
    update(folder)
    home = os.environ | {"HOME": str(folder.parent)}
    command = [sys.executable, "-m", "copier", "update", "--defaults", "-a", SECONDS]
    result = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    assert is_new(folder, "code/container/second/Dockerfile")
