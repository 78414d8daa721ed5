"""Our systems: projects rendered from this checkout, trained and served by their own code."""

import shutil
import sys
from functools import cache
from pathlib import Path

import yaml
from environments import BUILD, HERE, Unavailable, versions
from machine import search_path
from projects import Project
from sample import DATA, LABELS, MODEL

NAME = "tumour"  # the model's


class Ours:
    """A rendered project.

    Attributes:
        name: in --only.
        title: in the table.
        kind: the format of the model, which decides what it has to reach.
        answers: to the template's questions, besides the defaults.
    """

    workers = 2
    predicts = True

    def __init__(self, name: str, title: str, kind: str, **answers: str) -> None:
        self.name = name
        self.title = title
        self.kind = kind
        self.answers = answers
        self.folder = BUILD / "projects" / name

    def prepare(self) -> None:
        """Render and train, once a run.

        Raises:
            Unavailable: the template does not ask a question that this project answers, or gives it another model.
        """
        for question in self.answers.keys() - questions():
            raise Unavailable(f"the template does not ask for {question}")
        make(self)
        if self.kind == "onnx" and not list(self.model.glob("*.onnx")):
            raise Unavailable("training wrote no model in ONNX")

    @property
    def python(self) -> Path:
        """The Python of its environment."""
        return self.folder / "code" / "container" / NAME / ".venv" / "bin" / "python"

    @property
    def model(self) -> Path:
        """The folder of its model."""
        return self.folder / "opt_ml" / NAME / "model"

    def arguments(self, port: int) -> list[str]:
        """Give the command that serves, as the image does."""
        return [str(self.python), "-m", "sagemaker_contract.serving"]

    def variables(self, port: int, scratch: str) -> dict[str, str]:
        """Give the environment variables that it starts with."""
        return {
            "PATH": search_path(),
            "PYTHONPATH": str(self.folder / "code" / "container"),
            "PYTHONUNBUFFERED": "1",
            "MODEL": NAME,
            "SAGEMAKER_BASE_DIR": str(self.folder / "opt_ml" / NAME),
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_MODEL_SERVER_WORKERS": str(self.workers),
        }

    def versions(self) -> dict[str, str]:
        """Give the versions of what serves."""
        servers = ("uvicorn", "fastapi", "granian", "gunicorn", "flask", "scikit-learn", "onnxruntime")
        installed = versions(self.python)
        return {name: installed[name] for name in servers if name in installed}


OURS = (
    Ours("ours_fastapi", "ours: FastAPI", "native"),
    Ours("ours_flask", "ours: Flask", "native", web_framework="flask"),
    Ours("ours_fastapi_onnx", "ours: FastAPI, ONNX", "onnx", model_format="onnx"),
    Ours("ours_flask_onnx", "ours: Flask, ONNX", "onnx", web_framework="flask", model_format="onnx"),
)


def share() -> None:
    """Give the model of the first project to the others."""
    project = make(OURS[0])
    project.run(str(OURS[0].python), str(HERE / "share.py"), *map(str, (OURS[0].model, DATA, MODEL, LABELS)))


@cache
def make(ours: Ours) -> Project:
    """Render a project anew, keeping the environment of an earlier run, and train it."""
    environment, kept = ours.python.parents[1], ours.folder.with_suffix(".environment")
    if environment.exists():
        shutil.rmtree(kept, ignore_errors=True)
        environment.rename(kept)
    shutil.rmtree(ours.folder, ignore_errors=True)
    answers = {"project_name": ours.name.replace("_", "-"), "model_name": NAME, **ours.answers}
    project = Project(ours.folder, answers)
    if kept.exists():
        kept.rename(environment)
    project.run("scripts/local_run/train.sh", PYTHON=sys.executable)
    return project


@cache
def questions() -> set[str]:
    """Give the names of the template's questions."""
    files = (HERE.parents[1] / "questions").glob("*.yml")
    return {name for file in files for name in yaml.safe_load(file.read_text("utf-8"))}
