"""Templates as git repositories with two releases, v0.0.1 and v0.0.2."""

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "v0.0.1", "v0.0.2"
ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
RECORD = "{{ _copier_answers | to_nice_yaml }}"
# The guide of the Scientific Python project, and what its template imports.
COOKIE = "sp-repo-review==2026.8.14"
COOKIE_EXTENSION = "copier-templates-extensions==0.3.2"
COOKIE_ANSWERS = {
    "project_name": "churn",
    "org": "example",
    "full_name": "Example",
    "email": "somebody@example.com",
    "license": "BSD",
    "backend": "hatch",
    "docs": "sphinx",
    "vcs": "true",
}


@dataclass(frozen=True)
class Template:
    """A template to measure.

    Attributes:
        folder: its repository.
        copier: the program to run.
        answers: answers given on the command line.
        options: further options of `copier copy` and `copier update`.
    """

    folder: Path
    copier: Path
    answers: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def copy(self, project: Path) -> list[str]:
        """Give the command that makes a project of the first release."""
        answers = [f"--data={name}={value}" for name, value in self.answers.items()]
        where = [str(self.folder), str(project)]
        return [str(self.copier), "copy", "--defaults", f"--vcs-ref={FIRST}", *answers, *self.options, *where]

    def update(self, project: Path) -> list[str]:
        """Give the command that brings a project to the second release."""
        return [str(self.copier), "update", "--defaults", f"--vcs-ref={SECOND}", *self.options, str(project)]

    def prepare(self, project: Path) -> None:
        """Make of a copy what is updated."""


class ByMake(Template):
    """A template of ours whose projects are updated by `make update`, without their tests."""

    def update(self, project: Path) -> list[str]:
        """Give the command that brings a project to the second release."""
        path = os.pathsep.join([str(self.copier.parent), os.environ["PATH"]])
        make = ["make", "--silent", f"--directory={project}", "update", f"ARGS=--vcs-ref={SECOND}"]
        return ["env", f"PATH={path}", *make]

    def prepare(self, project: Path) -> None:
        """Leave out the tests with which an update ends."""
        (project / "scripts/test/local.sh").write_text("#!/bin/sh\n")


def ours(folder: Path, copier: Path) -> Template:
    """Clone this repository as it is committed; the second release changes a script that every project has."""
    git(folder.parent, "clone", "--quiet", "--no-tags", "--no-hardlinks", str(ROOT), str(folder))
    git(folder, "repack", "-adq")
    git(folder, "tag", FIRST)
    release(folder, "template/scripts/environment.sh.jinja")
    return Template(folder, copier, {"project_name": "churn-model", "model_name": "tumour"})


def plain(folder: Path, copier: Path, files: dict[str, bytes], settings: str = "") -> Template:
    """Make a template of files as they are; the second release changes the first of them.

    Args:
        folder: where it is made.
        copier: the program to run.
        files: by their path in the template; one without Jinja is copied, one called *.jinja rendered.
        settings: the text of copier.yml, less the folder of the template.
    """
    files = {f"template/{path}": content for path, content in files.items()}
    files |= {"copier.yml": f"_subdirectory: template\n{settings}".encode(), f"template/{ANSWERS}": RECORD.encode()}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    commit(folder, FIRST)
    release(folder, next(iter(files)))
    return Template(folder, copier)


def files_of(project: Path) -> dict[str, bytes]:
    """Read the files of a project, less its recorded answers, as those of a plain template."""
    files = sorted(path for path in project.rglob("*") if path.is_file() and path.name != ".copier-answers.yml")
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


def cookie(folder: Path) -> Template | None:
    """Get a well-known public template by pip, in an environment of its own; None where there is no way to it."""
    python = folder.parent / "environment" / "bin" / "python"
    try:
        for command in (
            [sys.executable, "-m", "venv", str(folder.parent / "environment")],
            [python, "-m", "pip", "install", "--quiet", f"copier=={version('copier')}", COOKIE_EXTENSION],
            [python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:", COOKIE, "--dest", folder],
        ):
            subprocess.run(command, check=True, capture_output=True, timeout=300)
    except subprocess.SubprocessError:
        return None
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    (unpacked,) = folder.iterdir()
    commit(unpacked, FIRST)
    release(unpacked, "{{cookiecutter.project_name}}/README.md")
    return Template(unpacked, python.with_name("copier"), COOKIE_ANSWERS, ("--trust",))


def release(folder: Path, path: str) -> None:
    """Make the second release: a line more in one file."""
    with (folder / path).open("a", encoding="utf-8") as file:
        file.write("\n# A line more.\n")
    commit(folder, SECOND)


def commit(folder: Path, tag: str | None = None) -> None:
    """Commit all that is in a folder, packed as a clone would be, and tag it."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A release")
    git(folder, "repack", "-adq")
    if tag:
        git(folder, "tag", tag)


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder, without the settings of whoever measures."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "Benchmark", f"GIT_{role}_EMAIL": "benchmark@example.com"}
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)
