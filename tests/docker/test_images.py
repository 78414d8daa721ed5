"""What is in an image, and how build.sh makes it."""

import json
import re
import subprocess
import time

import pytest
from bases import base_image
from images import ALL_IMAGES

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("c-sklearn")]

LABEL = "com.amazonaws.sagemaker.capabilities.accept-bind-to-port"


def docker(*command):
    return subprocess.run(["docker", *command], check=True, capture_output=True, text=True, timeout=300).stdout


def inside(image, script):
    return docker("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script)


def size(image):
    return json.loads(docker("image", "inspect", image))[0]["Size"]


def labels(image):
    return json.loads(docker("image", "inspect", image))[0]["Config"]["Labels"]


@pytest.fixture(scope="module")
def project(build):
    return build("c-sklearn")


def test_the_last_line_is_the_image(project):
    assert project.images == ["c-sklearn-tumour-train:test", "c-sklearn-tumour-serve:test"]


def test_nothing_that_only_a_build_needs_is_left(project):
    for image in project.images:
        assert inside(image, "command -v gcc cc c++ uv poetry; find /root/.cache /tmp -type f 2>/dev/null; true") == ""
        assert inside(image, "ls /opt/environment/bin | grep -E '^(pip|pytest|ruff)' || true") == ""
        assert inside(image, "ls /opt/program").split() == ["sagemaker_contract", "tumour"]


def test_both_images_hold_the_same_libraries_at_the_locks_versions(project):
    script = """python -c 'from importlib.metadata import distributions
print(*(f"{library.name}=={library.version}" for library in distributions()))'"""
    train, serve = ({*inside(image, script).split()} for image in project.images)
    assert train == serve
    requirements = (project.folder / "build" / "tumour" / "requirements.txt").read_text()
    assert len(re.findall("--hash=sha256:", requirements)) > len(train)
    assert {"scikit-learn==1.9.1", "numpy==2.4.6"} <= train


@pytest.mark.xdist_group("c-onnx")
def test_a_serving_image_of_onnx_holds_no_framework(build):
    train, serve = build("c-onnx", ALL_IMAGES["c-onnx"][0], **ALL_IMAGES["c-onnx"][1]).images
    libraries = ("sklearn", "skops", "skl2onnx", "onnx")
    script = f'python -c "from importlib.util import find_spec; print(*map(bool, map(find_spec, {libraries})))"'
    assert inside(train, script).split() == ["True"] * len(libraries)
    assert inside(serve, script).split() == ["False"] * len(libraries)
    assert size(train) - size(serve) > 150e6


def test_labels_say_what_is_true(project):
    train, serve = map(labels, project.images)
    revision = project.run("git", "rev-parse", "HEAD").stdout.strip()
    assert LABEL not in train
    assert serve[LABEL] == "true"
    for found, image in ((train, "train"), (serve, "serve")):
        assert found["org.opencontainers.image.revision"] == revision, image
        assert found["org.opencontainers.image.title"] == "c-sklearn-tumour"


def test_a_change_of_the_model_runs_no_dependency_layer(project):
    model = project.folder / "code/container/tumour/model.py"
    before = model.read_text()
    model.write_text(f"{before}\n# changed at {time.time()}\n")  # anew in each run, or the engine knows it already
    try:
        log = project.run("scripts/docker/container/build.sh", IMAGE_TAG="changed", TARGET="train").stderr
    finally:
        model.write_text(before)
    steps = dict(re.findall(r"^#(\d+) (\[.*pip.*|.*RUN.*pip.*)$", log, re.MULTILINE))
    assert steps
    assert all(f"#{number} CACHED" in log for number in steps)
    copied = re.findall(r"^#(\d+) \[.*COPY --chmod=755 code/container/tumour", log, re.MULTILINE)
    assert copied
    assert not all(f"#{number} CACHED" in log for number in copied)


def test_tags_come_from_git(project):
    revision = project.run("git", "rev-parse", "HEAD").stdout[:7]
    environment = {"IMAGE_TAG": "", "TARGET": "train"}
    dirty = project.run("scripts/docker/container/build.sh", **environment).stdout.strip()
    assert dirty == f"c-sklearn-tumour-train:{revision}-dirty"  # the lock, which the first build made
    project.run("git", "add", "--all")
    project.run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "lock")
    revision = project.run("git", "rev-parse", "HEAD").stdout[:7]
    clean = project.run("scripts/docker/container/build.sh", **environment).stdout.strip()
    assert clean == f"c-sklearn-tumour-train:{revision}"
    assert (
        len({docker("image", "inspect", "--format", "{{.Id}}", name) for name in ("c-sklearn-tumour-train", clean)})
        == 1
    )


def test_one_project_builds_for_other_pythons(project):
    base = base_image({}, "3.13")
    image = project.run("scripts/docker/container/build.sh", BASE_IMAGE=base, IMAGE_TAG="py313", TARGET="train").stdout
    assert inside(image.strip(), "python -c 'import sys, sklearn; print(sys.version_info[:2])'") == "(3, 13)\n"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"TARGET": "notebook"}, "accepted: train serve"),
        ({"IMAGE_TAG": "a b"}, "IMAGE_TAG is 'a b'"),
        ({"MODEL": "other"}, "MODEL is 'other'"),
        ({"DOCKER_HOST": "unix:///nowhere.sock"}, "engine does not answer"),
        ({"BASE_IMAGE": "1.dkr.ecr.us-east-1.amazonaws.com/a:b", "PATH": "/usr/bin:/bin"}, "aws is not on PATH"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(project, wrong, named):
    done = project.run("scripts/docker/container/build.sh", check=False, **wrong)
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
