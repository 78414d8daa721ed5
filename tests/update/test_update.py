"""`copier update` brings later releases into projects that live on, and leaves to the user what is the user's."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import copier
import pytest
from answers import ROOT
from living import USERS, USERS_ADDED_LATER, has_conflict, names, recorded, state, update, users_files
from repository import commit_all, git

pytestmark = pytest.mark.xdist_group("update")  # so that one worker makes what the tests share

PATTERNS = ["from_scratch", "toolkit_on_own_image", "extend_aws_image"]
ALL_FILES = {"pattern": "toolkit_on_own_image", "web_framework": "toolkit", "marketplace": True}  # with handlers too
NEWS = "# the second release says so\n"


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory) -> Path:
    """Make a repository of the template whose second release changes every file, adds one, drops one, and a mode."""
    folder = tmp_path_factory.mktemp("releases") / "sm-template"
    shutil.copytree(template, folder)
    (folder / "template" / "dropped.txt").write_text("only in the first release\n")
    commit_all(folder, "v0.0.1")
    (folder / "template" / "dropped.txt").unlink()
    (folder / "template" / "added.txt").write_text("only in the second release\n")
    (folder / "template" / "pyproject.toml").chmod(0o755)
    for path in [*(folder / "template").rglob("*"), *(folder / "parts" / "frameworks").rglob("model.py")]:
        if path.is_file():
            path.write_text(path.read_text("utf-8") + NEWS, "utf-8")
    commit_all(folder, "v0.0.2")
    return folder


@pytest.fixture(scope="module")
def living(releases: Path, tmp_path_factory) -> Callable[..., Path]:
    """Give a function that makes a project from the first release and puts it under git."""

    def living(**answers) -> Path:
        folder = tmp_path_factory.mktemp("living") / "churn-model"
        copier.run_copy(str(releases), folder, data=answers, vcs_ref="v0.0.1", defaults=True, quiet=True)
        commit_all(folder)
        return folder

    return living


def fresh(releases: Path, folder: Path, **answers) -> Path:
    copier.run_copy(str(releases), folder / "churn-model", data=answers, defaults=True, quiet=True)
    return folder / "churn-model"


@pytest.fixture(scope="module")
def edited(living) -> Path:
    """Edit every file of the user's zone and one of the template's, then update by the real command line."""
    folder = living(**ALL_FILES)
    for path in [*users_files(folder), folder / "Makefile"]:
        path.write_text("mine\n" + path.read_text("utf-8"), "utf-8")
    commit_all(folder)
    command = [sys.executable, "-m", "copier", "update", "--defaults"]
    home = os.environ | {"HOME": str(folder.parent)}
    result = subprocess.run(command, cwd=folder, env=home, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


def test_an_update_brings_a_fix_to_the_templates_zone(edited):
    assert (edited / "code/container/sagemaker_contract/errors.py").read_text("utf-8").endswith(NEWS)
    assert (edited / "scripts/environment.sh").read_text("utf-8").endswith(NEWS)
    assert recorded(edited)["_commit"] == "v0.0.2"


def test_an_update_leaves_the_users_edits_alone(edited):
    files = users_files(edited)
    assert {"model.py", "training.py", "inference.py", "test_model.py"} <= {path.name for path in files}
    assert names(files, edited) & set(git(edited, "diff", "--name-only").split()) == set()
    assert all(path.read_text("utf-8").startswith("mine\n") for path in files)


def test_an_update_keeps_an_edit_in_the_templates_zone_beside_the_fix(edited):
    makefile = (edited / "Makefile").read_text("utf-8")
    assert makefile.startswith("mine\n")
    assert makefile.endswith(NEWS)


def test_an_update_leaves_no_conflict(edited):
    assert not has_conflict(edited)


@pytest.fixture(scope="module")
def emptied(living) -> tuple[Path, list[Path]]:
    """Delete every file of the user's zone and one of the template's, then update."""
    folder = living(**ALL_FILES)
    deleted = [*users_files(folder), folder / "scripts/test/lint.sh"]
    for path in deleted:
        path.unlink()
    commit_all(folder)
    update(folder)
    return folder, deleted


def test_what_the_user_deleted_stays_deleted(emptied):
    folder, deleted = emptied
    assert len(deleted) > 8
    assert [path for path in deleted if path.exists()] == []
    assert (folder / "added.txt").exists()


@pytest.mark.parametrize("answers", [{}, ALL_FILES | {"framework": "xgboost", "language": "ja"}, {"purpose": "train"}])
def test_an_update_of_an_untouched_project_equals_a_fresh_copy(releases, living, tmp_path, answers):
    folder = living(**answers)
    before = state(folder)
    update(folder)
    new = fresh(releases, tmp_path, **answers)
    assert state(folder, users_files(folder)) == state(new, users_files(new))
    assert names(users_files(folder), folder) == names(users_files(new), new)
    after = state(folder)
    for path in users_files(folder):
        name = path.relative_to(folder).as_posix()
        assert after[name] == before[name]
    assert "dropped.txt" in before.keys() - after.keys()
    assert "added.txt" in after.keys() - before.keys()


def test_an_answer_hidden_behind_advanced_survives(living):
    hidden = {"python_version": "3.11", "package_manager": "pip", "aws_region": "eu-central-1"}
    folder = living(**hidden)
    manifest = (folder / "scripts/environment.sh").read_text("utf-8")
    update(folder)
    assert recorded(folder)["advanced"] is False
    assert {name: recorded(folder)[name] for name in hidden} == hidden
    assert (folder / "scripts/environment.sh").read_text("utf-8") == manifest + NEWS


@pytest.mark.parametrize("typed", [{"purpose": "both"}, {}])
def test_a_project_that_serves_may_begin_to_train(releases, living, tmp_path, typed, monkeypatch):
    folder = living(purpose="serve")
    assert not (folder / "scripts/local_run/train.sh").exists()
    # what is not typed on the command line is answered at the prompt, by Enter but for one question
    prompted = {"purpose": "both"}
    monkeypatch.setattr("copier._main.unsafe_prompt", lambda questions, answers: answers | prompted)
    copier.run_update(folder, data=typed, overwrite=True, quiet=True)
    assert (folder / "code/container/churn_model/jobs/training.py").is_file()
    assert (folder / "scripts/local_run/train.sh").stat().st_mode & 0o111
    new = fresh(releases, tmp_path, purpose="both")
    assert state(folder, users_files(folder)) == state(new, users_files(new))
    assert recorded(folder)["purpose"] == "both"


@pytest.mark.parametrize(
    ("answers", "change"),
    [
        *[({"pattern": one}, {"pattern": other}) for one, other in permutations(PATTERNS, 2)],
        ({}, {"web_framework": "flask", "package_manager": "poetry"}),
        (
            {"web_framework": "flask", "package_manager": "poetry"},
            {"web_framework": "fastapi", "package_manager": "pip"},
        ),
        ({"package_manager": "pip"}, {"package_manager": "uv"}),
        ({}, {"pattern": "extend_aws_image", "web_framework": "toolkit"}),
        (ALL_FILES, {"web_framework": "flask"}),
        ({}, {"model_format": "onnx"}),
        ({"model_format": "onnx"}, {"model_format": "native"}),
        ({"purpose": "serve"}, {"purpose": "both", "pattern": "toolkit_on_own_image"}),
        ({}, {"infrastructure": "cloudformation"}),
        ({"infrastructure": "cloudformation"}, {"infrastructure": "none"}),
        ({"ci": "github"}, {"ci": "gitlab", "pattern": "extend_aws_image"}),
        ({"ci": "gitlab"}, {"ci": "none"}),
    ],
)
def test_a_project_moves_by_a_changed_answer(releases, living, tmp_path, answers, change):
    folder = living(**answers)
    makefile = folder / "Makefile"
    for path in [*users_files(folder), makefile]:
        path.write_text("mine\n" + path.read_text("utf-8"), "utf-8")
    commit_all(folder)
    users = {path: path.read_bytes() for path in users_files(folder)}
    update(folder, **change)
    new = fresh(releases, tmp_path, **answers | change)
    assert state(folder, [*users_files(folder), makefile]) == state(new, [*users_files(new), new / "Makefile"])
    assert makefile.read_text("utf-8") == "mine\n" + (new / "Makefile").read_text("utf-8")
    assert all(path.read_bytes() == content for path, content in users.items())
    assert names(users_files(new), new) <= names(users_files(folder), folder)
    assert not has_conflict(folder)


WORDS = [re.sub(r"^(code/\w+/(\*/)?)|/\*.*$", "", pattern) for pattern in USERS + USERS_ADDED_LATER]


def test_the_readme_says_which_files_are_the_users(render):
    for language in ("en", "ja"):
        readme = render(language=language, **ALL_FILES).files["README.md"]
        assert [word for word in WORDS if word not in readme] == []


@pytest.mark.parametrize("page", ["docs/update.md", "docs/site/en/howto/update.md", "docs/site/ja/howto/update.md"])
def test_a_page_on_updates_says_which_files_are_the_users(page):
    line = next(line for line in (ROOT / page).read_text("utf-8").splitlines() if "`metrics.json`" in line)
    assert [word for word in WORDS if not re.search(f"[`/]{re.escape(word)}", line)] == []
