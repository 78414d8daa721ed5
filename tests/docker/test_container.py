"""container.sh runs a project's tests inside its images, on what lies in them."""

import subprocess

import pytest
from images import ALL_IMAGES

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("lm")]

SCRIPT = "scripts/test/container.sh"
# Train and serve apart, toolkits, package managers, and another user than root.
PROJECTS = {
    "c-sklearn": ALL_IMAGES["c-sklearn"],
    "c-toolkit": ALL_IMAGES["c-toolkit"],
    "c-extended": ALL_IMAGES["c-extended"],
    "c-lightgbm": ALL_IMAGES["c-lightgbm"],
    "c-nonroot": ALL_IMAGES["c-nonroot"],
    "c-onnx": ALL_IMAGES["c-onnx"],
    "lm-poetry": ("3.11", {"purpose": "serve", "web_framework": "flask", "package_manager": "poetry"}),
    "lm-train": ("3.11", {"purpose": "train"}),
}


def docker(*command: str, **options) -> str:
    return subprocess.run(["docker", *command], check=True, capture_output=True, text=True, **options).stdout.strip()


def left_images() -> set[str]:
    """Give the images without a name that hold what only the tests need, of this or an earlier run."""
    nameless = docker("images", "--quiet", "--filter", "dangling=true").split()
    return {image for image in nameless if "development.pth" in docker("history", "--no-trunc", image)}


@pytest.fixture
def broken_image(build):
    """An image whose model cannot be imported, in a project whose own model can."""
    [train, *_] = build("c-sklearn").images
    docker("build", "--tag", "lm-broken", "-", input=f"FROM {train}\nRUN echo '1 / 0' >>$PYTHONPATH/$MODEL/model.py\n")
    yield "lm-broken"
    docker("rmi", "lm-broken")


def test_each_image_is_tested_on_its_own_code(build):
    project = build("c-sklearn")
    model = project.folder / "code" / "container" / "tumour" / "model.py"
    written, nameless = model.read_text(), left_images()
    model.write_text("1 / 0\n")
    try:
        done = project.run(SCRIPT, "--quiet", "tests/test_model.py")
    finally:
        model.write_text(written)
    tested = [line for line in done.stderr.splitlines() if line.startswith("Testing inside")]
    assert tested == ["Testing inside c-sklearn-tumour-train:latest", "Testing inside c-sklearn-tumour-serve:latest"]
    assert done.stdout.count("3 passed") == 2
    assert left_images() == nameless


def test_a_broken_image_fails(build, broken_image):
    nameless = left_images()
    done = build("c-sklearn").run(SCRIPT, broken_image, "tests/test_model.py", check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout
    assert left_images() == nameless


def test_an_image_that_is_not_there_is_named(build):
    done = build("c-sklearn").run(SCRIPT, "lm-nowhere", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("there is no image lm-nowhere on this machine")


@pytest.mark.slow
def test_all_tests_pass_in_an_image(build):
    project = build("c-sklearn")
    *_, serve = project.images
    assert " passed in " in project.run(SCRIPT, serve).stdout


@pytest.mark.full
@pytest.mark.parametrize("name", PROJECTS)
def test_all_tests_pass_in_every_image(build, name):
    python, answers = PROJECTS[name]
    project = build(name, python, **answers)
    done = project.run(SCRIPT)
    assert done.stdout.count(" passed in ") == len(project.images)
