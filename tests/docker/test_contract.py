"""Images of every pattern and framework, judged by the contract.sh of their own projects."""

import xml.etree.ElementTree as ET

import pytest

pytestmark = pytest.mark.docker

# The images that CI builds: a name, the Python of the base, and the answers.
IMAGES = {
    "c-sklearn": ("3.11", {}),
    "c-toolkit": (
        "3.11",
        {"pattern": "toolkit_on_own_image", "web_framework": "toolkit", "combined_image": True},
    ),
    "c-extended": ("3.11", {"pattern": "extend_aws_image", "web_framework": "toolkit", "combined_image": True}),
    "c-extended-pytorch": (
        "3.11",
        {"pattern": "extend_aws_image", "framework": "pytorch", "web_framework": "flask", "combined_image": True},
    ),
    "c-xgboost": ("3.13", {"framework": "xgboost", "web_framework": "flask", "combined_image": True}),
    "c-lightgbm": ("3.13", {"framework": "lightgbm", "package_manager": "pip", "combined_image": True}),
    "c-pytorch": ("3.11", {"framework": "pytorch", "combined_image": True}),
    "c-tensorflow": ("3.13", {"framework": "tensorflow", "combined_image": True}),
    "c-mxnet": ("3.11", {"framework": "mxnet", "web_framework": "flask", "combined_image": True}),
    "c-nonroot": ("3.13", {"purpose": "serve", "web_framework": "flask", "nonroot_serving": True}),
}
# What contract.md's table says does not apply, by what the image is.
OF_SERVING = {3, *range(39, 67), 68, 70}
OF_TRAINING = {2, *range(14, 30), 37, 38}
NO_WEBSOCKET = {68}


def each(names):
    return pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names])


def judged(project, image, *arguments, expected=0):
    """Run contract.sh; give the numbers that failed and those that do not apply, as its JUnit XML has them."""
    report = project.folder / "judged.xml"
    done = project.run("scripts/test/contract.sh", image, "--junit", str(report), *arguments, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    failed, not_applicable = set(), set()
    for case in ET.parse(report).getroot():
        number = int(case.get("name").split()[0])
        if case.find("failure") is not None:
            failed.add(number)
        if case.find("skipped") is not None:
            not_applicable.add(number)
    return failed, not_applicable


@each(IMAGES)
def test_every_item_that_binds_an_image_holds(build, name):
    python, answers = IMAGES[name]
    project = build(name, python, **answers)
    for image in project.images:
        does_not_apply = set(NO_WEBSOCKET)
        if answers.get("pattern"):
            does_not_apply |= {8}
        if "-train:" in image:
            does_not_apply |= OF_SERVING
        if "-serve:" in image:
            does_not_apply |= OF_TRAINING
        if answers.get("nonroot_serving"):
            does_not_apply |= {7}
        assert judged(project, image) == (set(), does_not_apply)
