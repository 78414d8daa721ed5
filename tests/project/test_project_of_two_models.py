"""A project with two models of different frameworks: each trains, serves and passes its tests by its name."""

import json
import sys

import copier
import pytest
from answers import ROOT
from projects import Project

SECOND = {"scope": "model", "model_name": "second", "framework": "lightgbm"}
# Of the project's tests, some that run the model's own code; a project of one model like the first is tested elsewhere.
CONTRACT = ["tests/contract/test_training.py", "tests/contract/test_serving.py"]
TESTS = {"tumour": ["tests/test_model.py"], "second": ["tests/test_model.py", *CONTRACT]}
pytestmark = pytest.mark.xdist_group("further model")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = Project(tmp_path_factory.mktemp("two") / "tumour-model", {})
    copier.run_copy(
        str(ROOT),
        project.folder,
        data=SECOND,
        answers_file=".copier-answers.second.yml",
        vcs_ref="HEAD",
        defaults=True,
        quiet=True,
    )
    # a value by which the two sets of configs can be told apart
    config = project.folder / "code/pipeline/configs/second/dev.yml"
    config.write_text(config.read_text() + "tags: {of: second}\n")
    return project


@pytest.fixture(scope="module", params=["tumour", "second"])
def trained(project, request) -> str:
    project.run("scripts/local_run/train.sh", MODEL=request.param)
    return request.param


def test_each_model_trains_with_its_own_framework(project, trained):
    description = json.loads((project.folder / "opt_ml" / trained / "model/model.json").read_text())
    assert description["framework"] == {"tumour": "sklearn", "second": "lightgbm"}[trained]
    assert description["scores"]["validation_score"] > 0.9
    assert (project.folder / "code/container" / trained / "uv.lock").is_file()


def test_each_model_serves(project, trained):
    rows = (project.folder / "sample_data" / trained / "request.csv").read_bytes()
    with project.serving(MODEL=trained) as post:
        status, answer = post(rows)
    assert (status, len(answer.split())) == (200, 3)


def test_each_model_passes_the_tests_of_the_project(project, trained):
    project.run("scripts/test/local.sh", "--quiet", *TESTS[trained], MODEL=trained)


def test_the_pipeline_takes_each_model_with_its_own_configuration(project, trained):
    done = project.run("scripts/local_run/pipeline.sh", "training", "--dry-run", MODEL=trained)
    assert f"tumour-model-{trained}-train:latest" in done.stdout
    assert ('"of"' in done.stdout) == (trained == "second")
    project.run("scripts/test/pipeline.sh", "--quiet", "tests/pipeline/test_config_reader.py", MODEL=trained)


def test_the_pipeline_runs_the_further_model(project):
    done = project.run("scripts/local_run/pipeline.sh", MODEL="second")
    assert "Completed" in done.stdout
    bucket = project.folder / "opt_ml/s3/tumour-model-dev-sagemaker-111122223333"
    assert [path.name for path in (bucket / "tumour-model").iterdir()] == ["second"]


def test_a_model_that_is_not_there_is_refused(project):
    done = project.run("scripts/local_run/train.sh", MODEL="third", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "MODEL is 'third'; accepted: a folder of code/container that has a pyproject.toml\n"


@pytest.mark.parametrize(
    "written", ['">=3.{0},<3.{1}"', '">= 3.11, < 3.{1}"', '">=3.11"', '"~=3.11"', '"<3.{0},>=3.11"']
)
def test_a_model_says_which_pythons_it_allows(project, written):
    minor = sys.version_info.minor
    written = written.format(minor, minor + 1)
    manifest = project.folder / "code/container/second/pyproject.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace('">=3.11,<3.15"', written))
    script = '. scripts/environment.sh; "$python" -c "import sys; print(sys.version_info.minor)"'
    found = project.run("bash", "-c", script, MODEL="second", PYTHON=sys.executable, check=False)
    manifest.write_text(text)
    if f"<3.{minor}," in written:
        asked = "no suitable Python; accepted as python3 on PATH or in PYTHON: requires-python = "
        assert (found.returncode, found.stderr) == (2, f"{asked}{written}\n")
    else:
        assert (found.returncode, found.stdout) == (0, f"{minor}\n")
