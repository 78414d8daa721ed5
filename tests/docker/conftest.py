"""Rendered projects with their images, built in a Docker engine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bases import base_image
from images import ALL_IMAGES
from jobs import Job
from projects import Project
from repository import commit_all

DATE = "2026-01-01T00:00:00Z"


class BuiltProject(Project):
    """A project whose images are built.

    Attributes:
        images: their names, in the order in which build.sh builds them.
    """

    images: list[str]

    def build(self, base: str, **environment: str) -> None:
        """Run build.sh as a user does, on a base image."""
        # Where wheels of PyTorch are at hand, pip asks nobody else.
        self.environment |= {"BASE_IMAGE": base, "IMAGE_TAG": "test", "DOCKER_BUILDKIT": "1"}
        self.images = self.run("scripts/docker/container/build.sh", **environment).stdout.split()


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> Callable[..., BuiltProject]:
    """Give a function that builds the images of a project with these answers, once; `name` is the project's."""
    built: dict[str, BuiltProject] = {}

    def build(name: str, python: str = "3.11", **answers) -> BuiltProject:
        if name not in built:
            folder = tmp_path_factory.mktemp("project") / name
            project = BuiltProject(folder, {"project_name": name, **answers})
            with pytest.MonkeyPatch.context() as patch:  # two workers that build the same images label them alike
                patch.setenv("GIT_AUTHOR_DATE", DATE)
                patch.setenv("GIT_COMMITTER_DATE", DATE)
                commit_all(folder)
            project.build(base_image(project.answers, python))
            built[name] = project
        return built[name]

    return build


@pytest.fixture
def job_of(build, tmp_path) -> Callable[..., Job]:
    """Give a function that prepares a job of an image of the template, by the name of its project."""
    numbers = iter(range(99))

    def job_of(name: str, **options) -> Job:
        python, answers = ALL_IMAGES[name]
        project = build(name, python, **answers)
        sample = Path(project.folder, "sample_data", "tumour")
        return Job(project.images[0], sample, tmp_path / str(next(numbers)), **options)

    return job_of
