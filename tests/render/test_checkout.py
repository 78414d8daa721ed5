"""The template as a user gets it: copied from a git checkout, with all that git and Copier do on the way."""

import pytest
from answers import offered
from repository import commit_all, git

ROOT_FILES = {
    ".copier-answers.yml",
    "Makefile",
    "README.md",
    "code",
    "pyproject.toml",
    "sample_data",
    "scripts",
    "tests",
}


@pytest.mark.parametrize("pattern", offered()["pattern"])
def test_a_checkout_gives_a_whole_project(copie, template_repository, pattern):
    result = copie.copy(extra_answers={"project_name": "churn", "pattern": pattern}, template_dir=template_repository)
    assert result.exception is None
    assert result.answers["model_name"] == "churn_model"
    assert {path.name for path in result.project_dir.iterdir()} >= ROOT_FILES


def test_an_update_from_the_same_checkout_changes_nothing(copie, template_repository):
    result = copie.copy(extra_answers={"project_name": "churn"}, template_dir=template_repository)
    commit_all(result.project_dir)
    updated = copie.update(result)
    assert updated.exception is None
    assert git(result.project_dir, "status", "--porcelain") == ""
