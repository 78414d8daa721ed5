"""Projects that have CI, of several kinds."""

from collections.abc import Callable

import pytest
from answers import Project

KINDS = {
    "default": {},
    "serve only, Poetry": {"purpose": "serve", "package_manager": "poetry", "python_version": "3.13"},
    "extended AWS image": {"pattern": "extend_aws_image", "framework": "pytorch"},
    "train only, pip": {"purpose": "train", "package_manager": "pip", "framework": "xgboost"},
    "combined image": {"combined_image": True, "framework": "mxnet", "language": "ja"},
    "extended AWS image that serves": {"pattern": "extend_aws_image", "purpose": "serve", "web_framework": "toolkit"},
}
SAMPLE = list(KINDS)[:3]  # in which everything that CI does occurs
CHOICES = ["github", "gitlab"]


def parameter(value: object, kind: str) -> object:
    """Make a parameter, of the full matrix alone where its kind is not in the sample."""
    name = ", ".join(value) if isinstance(value, tuple) else value
    return pytest.param(value, id=name, marks=[] if kind in SAMPLE else pytest.mark.full)


@pytest.fixture(scope="session", params=["sample", pytest.param("all", marks=pytest.mark.full)])
def all_with_ci(render: Callable[..., Project], request: pytest.FixtureRequest) -> list[Project]:
    """Render every kind of project with either CI, for linters that are called once."""
    kinds = SAMPLE if request.param == "sample" else KINDS
    return [render(ci=ci, **KINDS[kind]) for ci in CHOICES for kind in kinds]


@pytest.fixture(scope="session", params=[parameter(kind, kind) for kind in KINDS])
def on_github(render: Callable[..., Project], request: pytest.FixtureRequest) -> Project:
    """Render a project with GitHub's CI."""
    return render(ci="github", **KINDS[request.param])


@pytest.fixture(scope="session", params=[parameter(kind, kind) for kind in KINDS])
def on_gitlab(render: Callable[..., Project], request: pytest.FixtureRequest) -> Project:
    """Render a project with GitLab's CI."""
    return render(ci="gitlab", **KINDS[request.param])


@pytest.fixture(scope="session", params=[parameter((ci, kind), kind) for ci in CHOICES for kind in KINDS])
def with_ci(render: Callable[..., Project], request: pytest.FixtureRequest) -> Project:
    """Render a project with either CI."""
    ci, kind = request.param
    return render(ci=ci, **KINDS[kind])
