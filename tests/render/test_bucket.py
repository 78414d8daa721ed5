"""The bucket of a new project's configuration is one that S3 allows and AWS's managed policies open."""

import re

import pytest
from answers import ROOT

CONFIGS = ROOT / "parts" / "configs"
LONGEST_PROJECT = 32  # characters, as the question accepts


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("environment", ["dev", "stg", "prod"])
@pytest.mark.parametrize("project", ["a", "a" * LONGEST_PROJECT])
def test_the_bucket_of_every_project_is_valid(project, environment, language):
    [bucket] = re.findall(r"^bucket: (.+)$", (CONFIGS / language / "base.yml").read_text("utf-8"), re.MULTILINE)
    name = bucket.replace("${project}", project).replace("${environment}", environment)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name)
    assert "sagemaker" in name
