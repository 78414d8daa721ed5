"""Images that are broken on purpose, in one line each: contract.sh catches each by its item, and by no other."""

import subprocess
from pathlib import Path

import pytest
import yaml
from test_contract import OF_SERVING, OF_TRAINING, judged

pytestmark = pytest.mark.docker

BROKEN = Path(__file__).parent / "broken"


def each(target):
    """A test for each broken image; those that CI leaves out are shown by make test-all."""
    for case in yaml.safe_load((BROKEN / f"{target}.yml").read_text()):
        marks = [pytest.mark.xdist_group(f"broken-{target}")]
        if not case.get("on_ci"):
            marks.append(pytest.mark.full)
        yield pytest.param(target, case["item"], case["line"], id=f"{case['item']}: {case['wrong']}", marks=marks)


@pytest.mark.parametrize(("target", "item", "line"), [*each("train"), *each("serve")])
def test_a_broken_image_is_caught_by_its_item_and_by_no_other(build, target, item, line):
    project = build("c-sklearn")
    [good] = [image for image in project.images if f"-{target}:" in image]
    image = f"{good.partition(':')[0]}:broken-{item}"
    command = ["docker", "build", "--quiet", "--tag", image, "-"]
    subprocess.run(command, input=f"FROM {good}\n{line}\n", text=True, check=True, capture_output=True, timeout=300)
    does_not_apply = OF_SERVING if target == "train" else OF_TRAINING
    assert judged(project, image, expected=1) == ({item}, does_not_apply)
