"""Images that are broken on purpose, in one line each: contract.sh catches each by its item, and by no other."""

import subprocess
from pathlib import Path

import pytest
import yaml
from images import IMAGES
from test_contract import (
    FULFILLING,
    OF_ROUNDS,
    OF_SERVING,
    OF_TRAINING,
    WITHOUT_ROUNDS,
    build_image,
    given_of_fulfilling,
    judged,
)

pytestmark = pytest.mark.docker

BROKEN = Path(__file__).parent / "broken"


def each(target):
    """A test for each broken image; those that CI leaves out are shown by make test-all."""
    for case in yaml.safe_load((BROKEN / f"{target}.yml").read_text()):
        marks = [pytest.mark.xdist_group(f"broken-{target}")]
        if not case.get("on_ci"):
            marks.append(pytest.mark.full)
        yield pytest.param(target, case, id=f"{case['item']}: {case['wrong']}", marks=marks)


def break_image(good, case):
    """Build an image that differs from a good one by a line."""
    image = f"{good.partition(':')[0]}:broken-{case['item']}"
    command = ["docker", "build", "--quiet", "--tag", image, "-"]
    text = f"FROM {good}\n{case['line']}\n"
    subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=300)
    return image


@pytest.mark.parametrize(("target", "case"), [*each("train"), *each("serve")])
def test_a_broken_image_is_caught_by_its_item_and_by_no_other(build, target, case):
    name = case.get("of", "c-sklearn")
    python, answers = IMAGES[name]
    project = build(name, python, **answers)
    [good] = [image for image in project.images if f"-{target}:" in image] or project.images
    image = break_image(good, case)
    does_not_apply = OF_SERVING if target == "train" else OF_TRAINING
    if answers.get("framework", "sklearn") in WITHOUT_ROUNDS:
        does_not_apply = does_not_apply | OF_ROUNDS
    assert judged(project, image, "--purpose", target, expected=1) == ({case["item"]}, does_not_apply)


@pytest.mark.parametrize(("target", "case"), each("fulfilling"))
def test_a_broken_image_of_others_is_caught_by_its_item_and_by_no_other(build, target, case):
    project = build("c-sklearn")
    build_image(FULFILLING, "c-fulfilling:test")
    image = break_image("c-fulfilling:test", case)
    assert judged(project, image, *given_of_fulfilling(project), expected=1) == ({case["item"]}, set())
