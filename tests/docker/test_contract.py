"""Images of every pattern and framework, judged by the contract.sh of their own projects."""

import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from answers import ROOT
from bases import base_image
from images import ALL_IMAGES, OTHER_IMAGES

pytestmark = pytest.mark.docker

FULFILLING = Path(__file__).parent / "fulfilling"
# What contract.md's table says does not apply, by what the image is.
OF_SERVING = {3, *range(39, 69), *range(70, 78)}
OF_STREAMS = {67}  # which no handler of the template yields
OF_MANY_MODELS = set(range(71, 78))
OF_TRAINING = {2, *range(14, 39), *range(78, 83)}
OF_ROUNDS = {30, 31, 32}
OF_PROCESSING = set(range(78, 83))
# Of this image CI looks at training alone, and make test-all at serving too, which others share with it.
FOR_TRAINING = ["c-extended"]
# What CI leaves to make test-all: PyTorch's several hosts have tests of their own, and XGBoost's are judged here.
LEFT_OUT = [*OTHER_IMAGES, *FOR_TRAINING, "c-pytorch"]
# The frameworks that train without rounds, and those that may refuse several hosts.
WITHOUT_ROUNDS = {"sklearn"}
ON_ONE_HOST = {"sklearn", "mxnet"}

# Handlers that yield a prediction a row, as printf writes them.
YIELDS = r"""
import time
from sagemaker_contract.serving import handlers
from sagemaker_contract.serving.handlers import *

def predict_fn(rows, model):
    for row in rows:
        time.sleep(0.2)
        yield handlers.predict_fn(row[None], model)
""".replace("\n", r"\n")


def each(names, full=()):
    marks = {name: [pytest.mark.xdist_group(name), *([pytest.mark.full] if name in full else [])] for name in names}
    return pytest.mark.parametrize("name", [pytest.param(name, marks=marks[name]) for name in names])


def judged(project, image, *arguments, expected=0):
    """Run contract.sh; give the numbers that failed and those that do not apply, as its JUnit XML has them."""
    report = project.folder / "judged.xml"
    done = project.run("scripts/test/contract.sh", image, "--junit", str(report), *arguments, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    print(done.stdout)  # for a test that fails
    failed, not_applicable = set(), set()
    for case in ET.parse(report).getroot():
        number = int(case.get("name").split()[0])
        if case.find("failure") is not None:
            failed.add(number)
        if case.find("skipped") is not None:
            not_applicable.add(number)
    return failed, not_applicable


def seen(project, number):
    """Give what the last run of contract.sh saw of an item that holds."""
    cases = ET.parse(project.folder / "judged.xml").getroot()
    return next(case.findtext("system-out") for case in cases if case.get("name").split()[0] == str(number))


def build_image(folder, name):
    """Build an image that this template did not make."""
    command = ["docker", "build", "--quiet", "--tag", name, "--build-arg", f"BASE_IMAGE={base_image({}, '3.11')}"]
    environment = os.environ | {"DOCKER_BUILDKIT": "1"}
    subprocess.run([*command, folder], check=True, capture_output=True, timeout=900, env=environment)


@each(ALL_IMAGES, full=LEFT_OUT)
def test_every_item_that_binds_an_image_holds(build, name):
    python, answers = ALL_IMAGES[name]
    project = build(name, python, **answers)
    for image in project.images:
        purpose = next((purpose for purpose in ("train", "serve") if f"-{purpose}:" in image), "both")
        holds(project, image, purpose, answers)


@each(FOR_TRAINING)
def test_every_item_of_training_holds(build, name):
    python, answers = ALL_IMAGES[name]
    project = build(name, python, **answers)
    [image] = project.images
    holds(project, image, "train", answers, "--purpose", "train")


def holds(project, image, purpose, answers, *arguments):
    """Demand that no item fails, and that none is left out but those that do not bind this image."""
    framework = answers.get("framework", "sklearn")
    does_not_apply = {"train": OF_SERVING, "serve": OF_TRAINING, "both": set()}[purpose] | OF_STREAMS
    does_not_apply |= {8} if answers.get("pattern") else set()
    does_not_apply |= OF_ROUNDS if framework in WITHOUT_ROUNDS else set()
    assert judged(project, image, *arguments) == (set(), does_not_apply)
    if 35 not in does_not_apply and framework not in ON_ONE_HOST:
        assert not seen(project, 35).startswith("refused")


@pytest.mark.xdist_group("c-sklearn")
def test_an_image_that_this_template_did_not_make(build):
    project = build("c-sklearn")
    build_image(ROOT / "benchmarks" / "images" / "classic", "c-classic:test")
    sample = project.folder / "sample_data" / "tumour"
    given = [
        "--data",
        sample / "input/data/training",
        "--hyperparameters",
        sample / "input/config/hyperparameters.json",
    ]
    given += ["--request", sample / "request.csv", "--content-type", "text/csv"]
    failed, not_applicable = judged(project, "c-classic:test", *map(str, given), expected=1)
    # No default word, JSON strings, names of wrong values, nested folders, FIFOs, one writer of several hosts, figures
    # in our form, label, read-only root, JSON, 406, 400, attributes, execution parameters, nor an end that waits for
    # requests.
    assert failed == {4, 15, 17, 22, 33, 34, 35, 38, 40, 48, 50, 51, 54, 55, 58, 62, 64}
    assert not_applicable == OF_ROUNDS | OF_PROCESSING | OF_STREAMS | OF_MANY_MODELS


@pytest.mark.xdist_group("c-sklearn")
def test_an_image_whose_handler_yields(build):
    project = build("c-sklearn")
    [image] = [image for image in project.images if "-serve:" in image]
    text = f"FROM {image}\nRUN printf '{YIELDS}' >$PYTHONPATH/$MODEL/inference.py\n"
    command = ["docker", "build", "--quiet", "--tag", "c-yielding:test", "-"]
    subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=300)
    options = ["--items", "67", "--streaming", "--purpose", "serve"]
    assert judged(project, "c-yielding:test", *options) == (set(), set())
    assert judged(project, image, *options, expected=1) == ({67}, set())


@pytest.mark.xdist_group("broken-fulfilling")
def test_an_image_that_fulfils_the_items_of_long_and_of_several_jobs(build):
    project = build("c-sklearn")
    build_image(FULFILLING, "c-fulfilling:test")
    assert judged(project, "c-fulfilling:test", *given_of_fulfilling(project)) == (set(), set())
    assert seen(project, 31).startswith("resumed from round")
    assert seen(project, 35).startswith("both end with 0")


@pytest.mark.xdist_group("broken-fulfilling")
def test_an_image_of_others_that_is_a_multi_model_endpoint(build):
    project = build("c-sklearn")
    build_image(FULFILLING, "c-fulfilling:test")
    assert judged(project, "c-fulfilling:test", "--items", "39,43,70-77", "--purpose", "both") == (set(), set())


def given_of_fulfilling(project):
    """Give the options of contract.sh for the image in fulfilling/."""
    metrics = project.folder / "mean.json"
    metrics.write_text('[{"Name": "mean", "Regex": "mean=([-+.0-9e]+)"}]')
    items = ["--items", "30-36,78-82", "--purpose", "train"]
    return [*items, "--rounds", "num_round", "--processing", "evaluate", "--metrics", str(metrics)]


@pytest.mark.xdist_group("c-sklearn")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "required: IMAGE"),
        (["nothing-like-this:test"], "No such image"),
        (["c-sklearn-tumour-train:test", "--items", "84"], "'84'; accepted: some of 1-83"),
        (["c-sklearn-tumour-train:test", "--data", "nowhere"], "'nowhere' does not exist"),
        (["c-sklearn-tumour-train:test", "--data", "README.md"], "Not a directory"),
        (["c-sklearn-tumour-train:test", "--processing", ""], "--processing is empty; accepted: a command"),
        (["c-sklearn-tumour-train:test", "--parallel", "0"], "accepted: a whole number from 1"),
        (["c-sklearn-tumour-train:test", "--hyperparameters", "README.md"], "README.md is not JSON"),
        (["c-sklearn-tumour-train:test", "--metrics", "sample_data/tumour/request.json"], "accepted: a list such as"),
    ],
)
def test_what_is_wrong_with_the_command_is_said(build, arguments, named):
    done = build("c-sklearn").run("scripts/test/contract.sh", *arguments, check=False)
    assert done.returncode == 2
    assert named in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
