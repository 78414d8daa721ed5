"""The stacks that are compared: rendered projects, and the classic one in the folder beside this file."""

import shutil
from pathlib import Path

from bases import base_image
from containers import docker
from projects import Project
from repository import commit_all

PYTHON = "3.11"
MODEL = "tumour"


class Rendered:
    """A rendered project, built as its user builds it.

    Attributes:
        title: what its images have as org.opencontainers.image.title.
        base: the image that they build on.
        code: the file of the model's code.
        sample: the sample data, `input/` and `request.csv`.
        train_image, serve_image: names of its images.
    """

    def __init__(self, name: str, folder: Path, **answers: str) -> None:
        self.project = Project(folder / name, {"project_name": name, "model_name": MODEL, **answers})
        commit_all(self.project.folder)
        self.title = f"{name}-{MODEL}"
        self.base = base_image(self.project.answers, PYTHON)
        self.code = self.project.folder / "code" / "container" / MODEL / "model.py"
        self.sample = self.project.folder / "sample_data" / MODEL
        self.train_image = f"{self.title}-train:bench"
        self.serve_image = f"{self.title}-serve:bench"

    def build(self, **environment: str) -> str:
        """Run build.sh, and give what BuildKit printed."""
        environment = {"BASE_IMAGE": self.base, "IMAGE_TAG": "bench", **environment}
        return self.project.run("scripts/docker/container/build.sh", **environment).stderr


class Classic:
    """The classic stack: one image, built by `docker build`; its attributes are those of a rendered project."""

    title = "bench-classic"
    train_image = serve_image = "bench-classic:bench"

    def __init__(self, folder: Path, sample: Path) -> None:
        self.folder = folder / "classic"
        shutil.copytree(Path(__file__).parent / "classic", self.folder)
        self.base = base_image({}, PYTHON)
        self.code = self.folder / "program" / "predictor.py"
        self.sample = sample

    def build(self) -> str:
        """Run `docker build`, and give what BuildKit printed."""
        options = ["--platform", "linux/amd64", "--build-arg", f"BASE_IMAGE={self.base}", "--tag", self.serve_image]
        label = f"org.opencontainers.image.title={self.title}"
        return docker("build", *options, "--label", label, str(self.folder)).stderr
