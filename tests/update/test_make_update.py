"""`make update` itself, on a template of few files, so that each run takes seconds."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
from living import recorded
from repository import commit_all, git

pytestmark = pytest.mark.xdist_group("make update")

TOOLS = Path(sys.executable).parent
LEFT_OUT = ["code/container/sagemaker_contract", "code/pipeline", "scripts/test/conformance", "tests", "scripts/docker"]
TESTS = '#!/usr/bin/env bash\n# The tests.\necho "tests of $MODEL"\n'
NEWS = "# the second release says so\n"
ROWS = "0.2.0\tscripts/sbom.sh\tscripts/bom.sh\tshorter\n0.2.0\tscripts/audit.sh\t-\tnobody audits any more\n"
MOVED = "0.2.0\tcode/container/*/metrics.json\tcode/container/*/figures.json\tclearer\n"
UV = '#!/usr/bin/env bash\n[ "$1 $3" = "lock --project" ]\necho anew >"$4/uv.lock"\n'
CHANGELOG = """# Changelog

## [Unreleased]

- What is to come.

## [0.2.0] - 2030-02-02

- What came second.

## [0.1.0] - 2030-01-01

- What came first.

[Unreleased]: https://example.com/org/name/compare/v0.2.0...HEAD
[0.2.0]: https://example.com/org/name/releases/tag/v0.2.0
[0.1.0]: https://example.com/org/name/releases/tag/v0.1.0
"""


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory) -> Path:
    """Make a template of few files with two releases, the second of which renames, drops, adds and changes."""
    folder = tmp_path_factory.mktemp("releases") / "sm-template"
    shutil.copytree(template, folder)
    house = folder / "template"
    for name in LEFT_OUT:
        shutil.rmtree(house / name)
    (house / "scripts/test/local.sh").write_text(TESTS)
    (house / "logo.png").write_bytes(b"\0first")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    commit_all(folder, "v0.1.0")
    for path in house.rglob("*"):
        if path.is_file() and path.suffix in (".sh", ".jinja", ".md"):
            path.write_text(path.read_text("utf-8") + NEWS, "utf-8")
    (house / "logo.png").write_bytes(b"\0second")
    (house / "scripts/sbom.sh").rename(house / "scripts/bom.sh")
    (house / "scripts/audit.sh").unlink()
    model = house / "code/container/{{ model_name }}"
    (model / "metrics.json").rename(model / "figures.json")
    (house / "added.txt").write_text("new\n")
    with (house / "scripts/updating/renames.tsv").open("a") as file:
        file.write(ROWS + MOVED)
    commit_all(folder, "v0.2.0")
    commit_all(folder, "v0.3.0rc1")  # which nobody gets who does not ask for it
    return folder


@pytest.fixture(scope="module", autouse=True)
def stand_in_for_uv(tmp_path_factory):
    """Put a uv on PATH that locks nothing, and says that it did."""
    uv = tmp_path_factory.mktemp("bin") / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(uv.parent), os.environ["PATH"]]))
        yield


class Living:
    """A project that is under git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make_update(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = os.environ | {"PATH": os.pathsep.join([str(TOOLS), os.environ["PATH"]])}
        command = ["make", "--silent", "update", f"ARGS={' '.join(arguments)}"]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def add(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def status(self) -> str:
        return git(self.folder, "status", "--porcelain")


@pytest.fixture
def living(releases: Path, tmp_path) -> Callable[..., Living]:
    """Give a function that makes a project of a release."""

    def living(release: str = "v0.1.0", **answers) -> Living:
        folder = tmp_path / "churn-model"
        copier.run_copy(str(releases), folder, data=answers, vcs_ref=release, defaults=True, quiet=True)
        commit_all(folder)
        return Living(folder)

    return living


def is_refused(done: subprocess.CompletedProcess, *pieces: str) -> bool:
    """Say whether a run ended with one line that has these pieces, apart from make's own."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make:")]
    return done.returncode != 0 and len(lines) == 1 and all(piece in lines[0] for piece in pieces)


def test_an_update_brings_what_is_new_and_runs_the_tests(living):
    project = living()
    done = project.make_update()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("From v0.1.0 to v0.2.0\n")
    assert "What came second." in done.stdout
    assert not re.search(r"What came first|What is to come|^\[", done.stdout, re.MULTILINE)
    assert done.stdout.endswith("tests of churn_model\n")
    assert project.text("added.txt") == "new\n"
    assert project.text("scripts/bom.sh").endswith(NEWS)
    assert recorded(project.folder)["_commit"] == "v0.2.0"
    lines = project.status().splitlines()
    assert {"?? added.txt", "?? scripts/bom.sh", " D scripts/sbom.sh", " M .copier-answers.yml"} <= set(lines)
    assert [line for line in lines if "uv.lock" in line] == []
    assert len(git(project.folder, "worktree", "list").splitlines()) == 1
    commit_all(project.folder)
    again = project.make_update()
    assert (again.returncode, again.stdout) == (0, "The project is up to date with its template\n")


def test_edits_go_with_what_a_release_renames_and_stay_in_what_it_drops(living):
    project = living()
    script = project.folder / "scripts/sbom.sh"
    script.write_text(script.read_text().replace("\n", "\n# mine\n", 1))
    script.chmod(0o644)
    project.add("scripts/audit.sh", "# mine too\n")
    project.add("code/container/churn_model/metrics.json", "\n")
    metrics = project.text("code/container/churn_model/metrics.json")
    lock = project.folder / "scripts/lock.sh"
    lock.write_bytes(b"# mine\r\n" + lock.read_bytes().replace(b"\n", b"\r\n"))
    commit_all(project.folder)
    done = project.make_update()
    assert done.returncode == 0, done.stderr
    assert not script.exists()
    assert project.text("scripts/bom.sh").startswith("#!/usr/bin/env bash\n# mine\n")
    assert project.text("scripts/bom.sh").endswith(NEWS)
    assert not (project.folder / "scripts/bom.sh").stat().st_mode & 0o111
    assert project.text("scripts/audit.sh").endswith("# mine too\n")
    assert "scripts/audit.sh stays, because it was edited here: nobody audits any more\n" in done.stderr
    assert not (project.folder / "code/container/churn_model/metrics.json").exists()
    assert project.text("code/container/churn_model/figures.json") == metrics
    assert lock.read_bytes().startswith(b"# mine\r\n")
    assert lock.read_bytes().endswith(NEWS.replace("\n", "\r\n").encode())


def test_what_was_deleted_does_not_come_back_under_its_new_name(releases, tmp_path):
    folder = tmp_path / "repository" / "projects" / "churn-model"  # a repository may hold more than the project
    copier.run_copy(str(releases), folder, vcs_ref="v0.1.0", defaults=True, quiet=True)
    project = Living(folder)
    for name in ("scripts/sbom.sh", "code/container/churn_model/metrics.json"):
        (folder / name).unlink()
    project.add("code/container/churn_model/uv.lock", "of the first release\n")
    commit_all(tmp_path / "repository")
    done = project.make_update()
    assert done.returncode == 0, done.stderr
    assert not (folder / "scripts/bom.sh").exists()
    assert not (folder / "code/container/churn_model/figures.json").exists()
    assert project.text("code/container/churn_model/uv.lock") == "anew\n"
    assert "Locking the libraries in code/container/churn_model/ anew" in done.stderr
    assert project.text("added.txt") == "new\n"


def test_conflicts_fail_with_their_list(living):
    project = living()
    (project.folder / "logo.png").write_bytes(b"\0mine")
    project.add("scripts/lock.sh", "# mine\n")
    commit_all(project.folder)
    done = project.make_update()
    assert done.returncode != 0
    assert "scripts/lock.sh:" in done.stdout
    assert "logo.png.rej" in done.stdout
    assert "tests of" not in done.stdout
    assert (project.folder / "logo.png").read_bytes() == b"\0mine"
    assert (project.folder / "logo.png.rej").read_bytes() == b"\0second"
    git(project.folder, "reset", "--quiet", "--hard")
    git(project.folder, "clean", "--quiet", "-d", "--force")
    assert project.status() == ""


def test_an_answer_is_changed_within_a_release(living):
    project = living("v0.2.0")
    done = project.make_update("--data", "package_manager=poetry", "--data", "ci=gitlab")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "tests of churn_model\n"
    assert recorded(project.folder)["package_manager"] == "poetry"
    assert (project.folder / ".gitlab-ci.yml").is_file()


def test_every_answers_file_is_updated(releases, living):
    project = living()
    own = {"model_name": "second", "framework": "xgboost"}
    settings = {"answers_file": ".copier-answers.second.yml", "vcs_ref": "v0.1.0", "overwrite": True}
    copier.run_copy(str(releases), project.folder, data=own, defaults=True, quiet=True, **settings)
    git(project.folder, "checkout", "--quiet", ".")
    commit_all(project.folder)
    done = project.make_update("--data", "package_manager=pip", "--vcs-ref", "v0.3.0rc1")
    assert done.stdout.endswith("tests of churn_model\ntests of second\n"), done.stderr
    second = project.text(".copier-answers.second.yml")
    for line in ("_commit: v0.3.0rc1", "package_manager: pip", "model_name: second", "framework: xgboost"):
        assert f"{line}\n" in second
    assert recorded(project.folder)["model_name"] == "churn_model"


def test_a_file_outside_git_is_not_overwritten(living):
    project = living()
    project.add(".gitignore", "added.txt\n")
    commit_all(project.folder)
    project.add("added.txt", "mine\n")
    assert is_refused(project.make_update(), "added.txt", "not in git")
    assert (project.text("added.txt"), project.status()) == ("mine\n", "")


def test_what_cannot_be_updated_is_refused_in_a_line(living):
    project = living()
    project.add("notes.txt", "not committed\n")
    assert is_refused(project.make_update(), "not committed", "accepted:")
    shutil.rmtree(project.folder / ".git")
    assert is_refused(project.make_update(), "not under git", "accepted:")
    assert "notes.txt" not in project.text(".copier-answers.yml")


@pytest.mark.parametrize(
    ("source", "arguments", "reason"),
    [
        ("", ["--vcs-ref", "v7"], "v7"),
        ("", ["--data", "pattern=none"], "pattern"),
        ("/nowhere/sm-template", [], "/nowhere/sm-template"),
        ("https://127.0.0.1:9/sm-template.git", [], "127.0.0.1"),
    ],
)
def test_what_stops_an_update_is_said_in_a_line(living, source, arguments, reason):
    project = living()
    if source:
        answers = project.text(".copier-answers.yml").splitlines()
        moved = [f"_src_path: {source}" if line.startswith("_src_path") else line for line in answers]
        (project.folder / ".copier-answers.yml").write_text("\n".join(moved) + "\n")
        commit_all(project.folder)
    done = project.make_update(*arguments)
    assert is_refused(done, reason), done.stderr
    assert "Traceback" not in done.stderr
    assert project.status() == ""
    assert len(git(project.folder, "worktree", "list").splitlines()) == 1
