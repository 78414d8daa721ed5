"""Images that are broken on purpose: contract.sh catches each fault by its item, and by no other.

Each has an image of its own in make test-all; those that CI looks at too share one.
"""

import subprocess
from pathlib import Path

import pytest
import yaml
from images import IMAGES
from test_contract import (
    FULFILLING,
    OF_ROUNDS,
    OF_SERVING,
    OF_STREAMS,
    OF_TRAINING,
    WITHOUT_ROUNDS,
    build_image,
    given_of_fulfilling,
    judged,
)

pytestmark = pytest.mark.docker

BROKEN = Path(__file__).parent / "broken"


def faults(target):
    """Give what is broken: the item that catches it, what is wrong, and the line that makes it so."""
    return yaml.safe_load((BROKEN / f"{target}.yml").read_text())


def each(target):
    """A test for each fault, and one for those together that CI looks at."""
    group = pytest.mark.xdist_group(f"broken-{target}")
    for fault in faults(target):
        name = f"{fault['item']}: {fault['wrong']}"
        yield pytest.param(target, [fault], id=name, marks=[group, pytest.mark.full])
    yield pytest.param(target, [fault for fault in faults(target) if fault.get("on_ci")], id="several", marks=group)


def break_image(good, broken):
    """Build an image that differs from a good one by a line for each fault."""
    image = f"{good.partition(':')[0]}:broken-{'-'.join(str(fault['item']) for fault in broken)}"
    command = ["docker", "build", "--quiet", "--tag", image, "-"]
    text = "\n".join([f"FROM {good}", *(fault["line"] for fault in broken), ""])
    subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=300)
    return image


def items(broken):
    return {fault["item"] for fault in broken}


@pytest.mark.parametrize(("target", "broken"), [*each("train"), *each("serve")])
def test_faults_of_an_image_are_caught_by_their_items_and_by_no_other(build, target, broken):
    name = broken[0].get("of", "c-sklearn")
    python, answers = IMAGES[name]
    project = build(name, python, **answers)
    [good] = [image for image in project.images if f"-{target}:" in image] or project.images
    image = break_image(good, broken)
    does_not_apply = OF_SERVING if target == "train" else OF_TRAINING | OF_STREAMS
    if answers.get("framework", "sklearn") in WITHOUT_ROUNDS:
        does_not_apply = does_not_apply | OF_ROUNDS
    assert judged(project, image, "--purpose", target, expected=1) == (items(broken), does_not_apply)


@pytest.mark.parametrize(("target", "broken"), list(each("fulfilling")))
def test_faults_of_an_image_of_others_are_caught_by_their_items_and_by_no_other(build, target, broken):
    project = build("c-sklearn")
    build_image(FULFILLING, "c-fulfilling:test")
    image = break_image("c-fulfilling:test", broken)
    assert judged(project, image, *given_of_fulfilling(project), expected=1) == (items(broken), set())
