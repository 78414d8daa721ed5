"""Rendered projects, each made once, and their scripts run as a user runs them."""

import pytest
from projects import Project


@pytest.fixture(scope="session")
def render(tmp_path_factory):
    """Give a project of these answers, rendered once."""
    made = {}

    def of(**answers: str) -> Project:
        key = tuple(sorted(answers.items()))
        if key not in made:
            made[key] = Project(tmp_path_factory.mktemp("project") / "tumour-model", answers)
        return made[key]

    return of
