"""The real command line, as a newcomer meets it: no settings, no trust, an empty home."""

import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
import yaml
from answers import PROMPTS, in_language

COPIER = [sys.executable, "-m", "copier"]


@pytest.fixture
def environment(tmp_path_factory) -> dict[str, str]:
    """Give the environment of somebody who never used Copier or git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COPIER_", "GIT_", "XDG_"))}
    return kept | {"HOME": str(tmp_path_factory.mktemp("home")), "LANG": "C.UTF-8", "TERM": "xterm"}


def test_a_copy_needs_no_answer_no_trust_and_no_home(template_repository, environment, tmp_path):
    folder = tmp_path / "churn-model"
    folder.mkdir()
    command = [*COPIER, "copy", "--defaults", str(template_repository), str(folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (folder / "code/container/churn_model/model.py").is_file()
    assert yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))["_commit"] == "v0.0.1"
    assert str(folder) in result.stderr  # told what to do next


def test_the_command_line_renders_what_the_other_tests_look_at(template_repository, environment, tmp_path, render):
    project = render(framework="sklearn", purpose="train")
    command = [*COPIER, "copy", "--defaults", "-d", "framework=sklearn", "-d", "purpose=train"]
    folder = tmp_path / "churn-model"
    subprocess.run([*command, str(template_repository), str(folder)], env=environment, capture_output=True, check=True)
    for name in project.files.keys() - {".copier-answers.yml"}:
        assert (folder / name).read_bytes() == (project.folder / name).read_bytes()
        assert (folder / name).stat().st_mode == (project.folder / name).stat().st_mode
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == project.files.keys()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_enter_answers_each_of_eight_prompts(template_repository, environment, tmp_path, questions, language):
    child = pexpect.spawn(
        COPIER[0],
        [*COPIER[1:], "copy", str(template_repository), str(tmp_path / "churn-model")],
        env=environment | {"PROMPT_TOOLKIT_NO_CPR": "1"},
        encoding="utf-8",
        dimensions=(50, 300),
        timeout=30,
    )
    for name in PROMPTS:
        child.expect_exact(in_language(questions[name]["help"], language).strip())
        if name == "language" and language == "ja":
            child.send("\x1b[B")  # the arrow down, to the second choice
        child.send("\r")
    child.expect_exact("Copying from template version")  # a ninth prompt would come before
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert len(PROMPTS) == 8
    answers = yaml.safe_load(Path(tmp_path / "churn-model" / ".copier-answers.yml").read_text("utf-8"))
    assert answers["language"] == language
