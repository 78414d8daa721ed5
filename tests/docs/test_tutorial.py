"""The tutorial, followed word for word: each command is typed, each edit made, and what it promises has to be seen."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pytest
import yaml
from answers import PROMPTS, ROOT, in_language
from projects import free_port
from repository import commit_all, git

ADDRESSES = ["https://github.com/org/sm-template.git", "https://github.com/org/sm-template"]  # gh:org/sm-template
BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"\n]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHOUT_DOCKER = ["images"]  # sections that are left out; tests/docker runs their commands
PATIENCE = 1500  # seconds for a command: an update runs all tests of a project


@dataclass
class Terminals:
    """Two terminals in the folder where somebody begins: the first may have a server that runs in it."""

    start: Path
    environment: dict[str, str]
    folders: dict[bool, Path] = field(default_factory=dict)
    server: subprocess.Popen | None = None
    seen: str = ""

    def type(self, command: str, in_second: bool) -> None:
        """Run a command as it would run in that terminal, and remember what it printed."""
        folder = self.folders.setdefault(in_second, self.start)
        if command.startswith("cd "):
            self.folders[in_second] = folder / command.removeprefix("cd ")
        elif command.endswith("make serve"):
            self.serve(command, folder)
        else:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
            )
            self.seen = done.stdout
            assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"

    def serve(self, command: str, folder: Path) -> None:
        """Start a server, wait until it is ready, and let it run."""
        log = self.start / "server.log"
        with log.open("w") as output:
            self.server = subprocess.Popen(
                ["bash", "-c", command],
                cwd=folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{self.environment['SAGEMAKER_BIND_TO_PORT']}/ping"
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.server.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(0.5)  # for the line in the log
        self.seen = log.read_text()
        assert self.server.poll() is None, self.seen

    def press_ctrl_c(self) -> None:
        """Stop the server, where one runs."""
        if self.server:
            os.killpg(self.server.pid, signal.SIGINT)
            self.server.wait(30)
            self.server = None


@pytest.fixture
def releases(template, tmp_path) -> Path:
    """Make a repository of the template with one release; another may follow."""
    folder = tmp_path / "sm-template"
    shutil.copytree(template, folder)
    commit_all(folder, "v0.0.1")
    return folder


@pytest.fixture
def terminals(releases, tmp_path) -> Terminals:
    """Give two terminals where gh:org/sm-template is this repository, and Copier is the one of these tests."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "copier").write_text(f'#!/bin/sh\nexec {sys.executable} -m copier "$@"\n')
    (programs / "pipx").write_text('#!/bin/sh\n[ "$1" = run ] && shift && exec "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SAGEMAKER_", "VIRTUAL_ENV", "MODEL"))
    } | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SAGEMAKER_BIND_TO_PORT": str(free_port()),
        "PROMPT_TOOLKIT_NO_CPR": "1",
        "COPIER_CACHE_DIR": str(tmp_path / "cache"),  # Copier keeps a mirror of each address
        "PYTEST_ADDOPTS": "--ignore=tests/contract",  # minutes of them, which tests/project runs
    }
    settings = int(os.environ["GIT_CONFIG_COUNT"])
    for number, address in enumerate(ADDRESSES, settings):
        environment[f"GIT_CONFIG_KEY_{number}"] = f"url.{releases}.insteadOf"
        environment[f"GIT_CONFIG_VALUE_{number}"] = address
    environment["GIT_CONFIG_COUNT"] = str(settings + len(ADDRESSES))
    (tmp_path / "work").mkdir()
    terminals = Terminals(tmp_path / "work", environment)
    yield terminals
    terminals.press_ctrl_c()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ja"])
def test_whoever_follows_the_tutorial_gets_all_that_it_promises(releases, terminals, questions, language):
    for anchor, section in sections(language):
        if anchor == "update":
            make_second_release(releases)
        for kind, title, text in [] if anchor in WITHOUT_DOCKER else BLOCK.findall(section):
            if kind == "console":
                for line in text.splitlines():
                    command = line.removeprefix("$ ")
                    assert command != line, f"{line!r} is no command"
                    if command == "pipx run copier copy gh:org/sm-template tumour-model":
                        answer_by_enter(command, terminals, questions, language)
                    else:
                        terminals.type(command, in_second=bool(title))
            elif kind == "diff":
                edit(terminals.folders[False] / title, text)
            else:
                missing = [line for line in text.splitlines() if line not in terminals.seen]
                assert not missing, f"{missing} not in:\n{terminals.seen}"
        terminals.press_ctrl_c()
    project = terminals.start / "tumour-model"
    assert "Field(10.0" in (project / "code/container/tumour_model/model.py").read_text("utf-8")
    assert "the second release" in (project / "scripts/environment.sh").read_text("utf-8")
    for file, model in {".copier-answers.yml": "tumour_model", ".copier-answers.boosted.yml": "boosted"}.items():
        answers = yaml.safe_load((project / file).read_text("utf-8"))
        assert (answers["model_name"], answers["language"], answers["_commit"]) == (model, language, "v0.0.2")
    assert git(project, "status", "--porcelain") == ""


def sections(language: str) -> list[tuple[str, str]]:
    """Give the anchor and the text of each section of the page."""
    page = (ROOT / "docs/site" / language / "tutorial.md").read_text("utf-8")
    return re.findall(r"^## [^\n]*\{#([a-z-]+)\}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)


def answer_by_enter(command: str, terminals: Terminals, questions: dict, language: str) -> None:
    """Answer the questions as the page says: the language by the arrow, all others by Enter."""
    child = pexpect.spawn(
        "bash",
        ["-c", command],
        cwd=terminals.start,
        env=terminals.environment,
        encoding="utf-8",
        dimensions=(50, 300),
        timeout=60,
    )
    for name in PROMPTS:
        child.expect_exact(in_language(questions[name]["help"], language).strip())
        if (name, language) == ("language", "ja"):
            child.send("\x1b[B")
        child.send("\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def edit(file: Path, difference: str) -> None:
    """Make the edit that the page shows; what it takes away has to be there once."""
    before = "".join(line[1:] for line in difference.splitlines(keepends=True) if line.startswith("-"))
    after = "".join(line[1:] for line in difference.splitlines(keepends=True) if line.startswith("+"))
    text = file.read_text("utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), "utf-8")


def make_second_release(releases: Path) -> None:
    """Make a second release, in which a script changes."""
    script = releases / "template/scripts/environment.sh.jinja"
    script.write_text(script.read_text("utf-8") + "# the second release says so\n", "utf-8")
    commit_all(releases, "v0.0.2")
