"""Fixtures that render the template."""

import os
import shutil
import subprocess
from collections.abc import Callable
from glob import glob
from pathlib import Path

import copier
import pytest
from answers import ROOT, Project, every_cell, pairwise_rows, read_questions
from copier._jinja_ext import SandboxedEnvironment
from copier._main import Worker
from repository import commit_all, git

LEFT_OUT = {  # by the mark of the tests that need it
    "docker": "every test in tests/docker and tests/aws that needs a Docker engine, because none answers",
    "databases": "the pipeline's tests on PostgreSQL and MariaDB, because one of them is not installed",
}

GIT_SETTINGS = {
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
    "core.hooksPath": os.devnull,
    "core.autocrlf": "false",
}


def engine_answers() -> bool:
    """Say whether a Docker engine answers."""
    return bool(shutil.which("docker")) and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def databases_are_here() -> bool:
    """Say whether the programs of PostgreSQL and MariaDB are installed."""
    return bool(glob("/usr/lib/postgresql/*/bin/initdb") or shutil.which("initdb")) and bool(
        shutil.which("mariadbd", path=f"{os.defpath}:/usr/sbin")
    )


def pytest_configure(config: pytest.Config) -> None:
    """Look for a Docker engine and for databases; on CI there have to be both."""
    here = {"docker": engine_answers(), "databases": databases_are_here()}
    config.lacking = [mark for mark in LEFT_OUT if not here[mark]]
    if os.environ.get("CI") and config.lacking:
        raise pytest.UsageError(f"without {LEFT_OUT[config.lacking[0]]}; tools/engine.sh sets it up")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs what is not here."""
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in config.lacking)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out."""
    for mark in config.lacking:
        terminalreporter.write_line(f"Left out: {LEFT_OUT[mark]}", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def no_user_settings(tmp_path_factory: pytest.TempPathFactory):
    """Keep the settings of whoever runs the tests, Copier's, git's and those of a make above, out of them."""
    settings = tmp_path_factory.mktemp("settings") / "copier.yml"
    settings.write_text("{}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(settings))
        for name in [name for name in os.environ if name.startswith(("MAKE", "MFLAGS"))]:
            patch.delenv(name)
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Tester")
            patch.setenv(f"GIT_{role}_EMAIL", "tester@example.com")
        patch.setenv("GIT_CONFIG_COUNT", str(len(GIT_SETTINGS)))
        for number, (key, value) in enumerate(GIT_SETTINGS.items()):
            patch.setenv(f"GIT_CONFIG_KEY_{number}", key)
            patch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
        yield


@pytest.fixture(scope="session", autouse=True)
def texts_compiled_once():
    """Compile each of the template's texts once a session; Copier does it anew for every render, file name and part."""
    compiled: dict[tuple, object] = {}
    compile_anew = SandboxedEnvironment.compile

    def compile(self, source, name=None, filename=None, raw=False, defer_init=False):
        key = (type(self), source, name, filename, raw, defer_init)
        if key not in compiled:
            compiled[key] = compile_anew(self, source, name, filename, raw, defer_init)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxedEnvironment, "compile", compile)
        yield


@pytest.fixture(scope="session", autouse=True)
def answers_gathered_once():
    """Gather the answers once a render; Copier does it anew, twice, for each part of each path."""
    render_anew = Worker._render_template

    def render(self):
        context, answers_file = self._render_context(), self.answers_relpath
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Worker, "_render_context", lambda _: context)
            patch.setattr(Worker, "answers_relpath", answers_file)
            render_anew(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "_render_template", render)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the template as git sees it, without git, which would clone it for every render."""
    folder = tmp_path_factory.mktemp("template")
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def template_repository(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a git repository of the template, with one release."""
    folder = tmp_path_factory.mktemp("repository") / "sm-template"
    shutil.copytree(template, folder)
    commit_all(folder, "v0.0.1")
    return folder


@pytest.fixture(scope="session")
def questions(template: Path) -> dict[str, dict]:
    """Read all that copier.yml asks and computes."""
    return read_questions(template)


@pytest.fixture(scope="session")
def ask(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict]:
    """Give a function that answers the questions, the rest by default, and renders nothing."""
    house = tmp_path_factory.mktemp("questions") / "house"
    shutil.copytree(template, house, ignore=shutil.ignore_patterns("template"))
    (house / "template").mkdir()

    def ask(folder_name: str = "churn-model", **answers) -> dict:
        folder = tmp_path_factory.mktemp("nowhere") / folder_name
        worker = copier.run_copy(str(house), folder, data=answers, defaults=True, quiet=True, pretend=True)
        return dict(worker.answers.combined)

    return ask


@pytest.fixture(scope="session")
def render(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Project]:
    """Give a function that renders a project, each set of answers once a session; nobody may write into it."""
    projects: dict[tuple, Project] = {}

    def render(**answers) -> Project:
        key = tuple(sorted(answers.items()))
        if key not in projects:
            folder = tmp_path_factory.mktemp("project") / "churn-model"
            worker = copier.run_copy(str(template), folder, data=answers, defaults=True, quiet=True)
            projects[key] = Project(folder, dict(worker.answers.combined))
        return projects[key]

    return render


@pytest.fixture(scope="session", params=["pairs", pytest.param("every cell", marks=pytest.mark.full)])
def matrix(render: Callable[..., Project], request: pytest.FixtureRequest) -> list[Project]:
    """Render the matrix: every pair of answers, or every cell of the decisions."""
    rows = pairwise_rows() if request.param == "pairs" else every_cell()
    return [render(**row) for row in rows]


@pytest.fixture(scope="session")
def reserved(ask: Callable[..., dict]) -> set[str]:
    """Give the names that no model may have."""
    names = ask()["reserved_names"]
    return set(names.split() if isinstance(names, str) else names)
