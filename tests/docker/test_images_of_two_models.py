"""The images of a further model: its own Dockerfile installs what its framework needs; the rest is the project's."""

import copy
import json
import re
import shutil
import subprocess

import copier
import pytest
from answers import ROOT
from bases import base_image
from repository import commit_all
from test_contract import OF_STREAMS, OF_TRAINING, judged

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("c-sklearn")]

SECOND = {"scope": "model", "model_name": "second", "framework": "lightgbm"}  # which wants a library of the system's


@pytest.fixture(scope="module")
def second(build, tmp_path_factory):
    """A copy of the project of one model, with a second one and its images."""
    first = build("c-sklearn")
    project = copy.copy(first)
    project.folder = tmp_path_factory.mktemp("two") / "c-sklearn"
    shutil.copytree(first.folder, project.folder, symlinks=True, ignore=shutil.ignore_patterns(".venv", "opt_ml"))
    options = {"answers_file": ".copier-answers.second.yml", "vcs_ref": "HEAD", "defaults": True, "quiet": True}
    copier.run_copy(str(ROOT), project.folder, data=SECOND, **options)
    commit_all(project.folder)
    project.environment = first.environment | {"MODEL": "second"}
    project.build(base_image({}, "3.11"))
    return project


def docker(*command):
    return subprocess.run(["docker", *command], check=True, capture_output=True, text=True, timeout=300).stdout


def test_both_models_have_images_of_their_own(build, second):
    assert build("c-sklearn").images == ["c-sklearn-tumour-train:test", "c-sklearn-tumour-serve:test"]
    assert second.images == ["c-sklearn-second-train:test", "c-sklearn-second-serve:test"]
    names = "sklearn", "lightgbm"
    script = f'python -c "from importlib.util import find_spec; print(*map(bool, map(find_spec, {names})))"; ls'
    for project, model, found in ((build("c-sklearn"), "tumour", "True False"), (second, "second", "False True")):
        for image in project.images:
            held = docker("run", "--rm", "--workdir", "/opt/program", "--entrypoint", "sh", image, "-c", script)
            assert held.splitlines() == [found, *sorted(["sagemaker_contract", model])]


def test_what_its_image_trains_is_served_by_the_contract(second, tmp_path):
    train, serve = second.images
    shutil.copytree(second.folder / "sample_data/second/input", tmp_path / "input")
    docker("run", "--rm", "--network", "none", "--volume", f"{tmp_path}:/opt/ml", train, "train")
    assert json.loads((tmp_path / "model/model.json").read_text())["framework"] == "lightgbm"
    does_not_apply = OF_TRAINING | OF_STREAMS
    assert judged(second, serve, "--model", str(tmp_path / "model")) == (set(), does_not_apply)


def test_a_push_is_of_the_model_that_is_named(second):
    printed = second.run("scripts/docker/container/push.sh", "--dry-run").stdout
    assert set(re.findall(r"c-sklearn-\w+-\w+", printed)) == {"c-sklearn-second-train", "c-sklearn-second-serve"}
