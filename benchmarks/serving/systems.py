"""The systems that are measured: other stacks in the folders beside this file, and the limit."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from environments import HERE, Unavailable, environment, versions
from machine import search_path, version
from sample import MODEL

# The process server alone: the quickest that was found, which needs no Python for HTTP.
LIMIT = "granian --interface asginl --host 0.0.0.0 --port {port} --workers {workers} app:app"


@dataclass(frozen=True)
class Other:
    """A stack in a folder beside this file, started there by a command of its own environment.

    Attributes:
        name: of the folder, and in --only.
        title: in the table.
        command: what starts it; `{port}` and `{workers}` are filled in.
        libraries: whose versions the report names.
        workers: processes that hold the model.
        programs: of the machine, that it needs.
        predicts: False for the limit, which answers a constant.
    """

    name: str
    title: str
    command: str
    libraries: tuple[str, ...]
    workers: int = 2
    programs: tuple[str, ...] = ()
    predicts: bool = True
    kind = "other"

    def prepare(self) -> None:
        """Make its environment.

        Raises:
            Unavailable: the machine lacks a program, or the environment cannot be made.
        """
        for program in self.programs:
            if not shutil.which(program, path=search_path()):
                raise Unavailable(f"there is no {program} on this machine")
        environment(self.folder)

    @property
    def folder(self) -> Path:
        """The folder of its code."""
        return HERE / self.name

    def arguments(self, port: int) -> list[str]:
        """Give the command that serves on a port."""
        program, *rest = (part.format(port=port, workers=self.workers) for part in self.command.split())
        return [str(environment(self.folder) / "bin" / program), *rest]

    def variables(self, port: int, scratch: str) -> dict[str, str]:
        """Give the environment variables that it starts with."""
        path = f"{environment(self.folder) / 'bin'}:{search_path()}"
        own = {"MODEL_FILE": MODEL, "PORT": port, "WORKERS": self.workers, "SCRATCH": scratch}
        return {"PATH": path} | {name: str(value) for name, value in own.items()}

    def versions(self) -> dict[str, str]:
        """Give the versions of its programs and libraries."""
        installed = versions(environment(self.folder))
        return {name: version(name) for name in self.programs} | {name: installed[name] for name in self.libraries}


OTHERS = (
    Other(
        "nginx_gunicorn",
        "(a) nginx + gunicorn (gevent) + Flask",
        "python serve.py",
        ("gunicorn", "gevent", "flask", "scikit-learn"),
        programs=("nginx",),
    ),
    Other(
        "gunicorn_sync",
        "(b) gunicorn (sync) + Flask",
        "gunicorn --workers {workers} --bind 0.0.0.0:{port} app:app",
        ("gunicorn", "flask"),
    ),
    Other(
        "uvicorn_fastapi",
        "(c) uvicorn + FastAPI",
        "uvicorn --host 0.0.0.0 --port {port} --workers {workers} main:app",
        ("uvicorn", "fastapi", "pydantic"),
        workers=4,
    ),
    Other(
        "multi_model_server",
        "(d) multi-model-server + sagemaker-inference",
        "python serve.py",
        ("multi-model-server", "sagemaker-inference"),
        programs=("java",),
    ),
    Other("limit", "(e) the limit: a constant from an ASGI function", LIMIT, ("granian",), predicts=False),
)
