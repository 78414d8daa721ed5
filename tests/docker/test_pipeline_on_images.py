"""The pipeline on images: the figures are those of this machine, the SDK trains on two hosts, its own image runs."""

import json
import subprocess

import boto3
import pytest
from images import ALL_IMAGES
from moto.server import ThreadedMotoServer

pytestmark = pytest.mark.docker

SCRIPT = "scripts/local_run/pipeline.sh"
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
# What no image may hold; a user may have it beside the code.
PRIVATE = [".env", ".env.prod", ".venv/private", ".aws/credentials", "key.pem"]
# Tests that need each of the image's libraries and what it holds of the project.
FEW = [f"tests/pipeline/test_{name}.py" for name in ("config_reader", "database", "definition", "on_aws")]


def figures(project, *arguments):
    """Run the pipeline; give the figures of each batch of its run."""
    project.run(SCRIPT, *arguments)
    newest = max((project.folder / "opt_ml" / "s3").glob("*/*/*/runs/*"), key=lambda folder: folder.name)
    steps = [json.loads(path.read_bytes()) for path in (newest / "steps").glob("*.json")]
    assert {step["status"] for step in steps} == {"Completed"}
    return {step["batch"]: step["metrics"] for step in steps}


@pytest.mark.xdist_group("c-sklearn")
def test_containers_give_the_figures_of_this_machine(build):
    project = build("c-sklearn")
    here, in_containers = figures(project), figures(project, "--backend", "docker")
    assert here.keys() == in_containers.keys()
    for batch, values in here.items():
        assert in_containers[batch] == pytest.approx(values, abs=1e-6)


@pytest.mark.xdist_group("lm")
def test_the_sdks_local_mode_trains_on_two_hosts(build):
    python, answers = ALL_IMAGES["c-xgboost"]
    project = build("c-xgboost", python, **answers)
    batches = ["collection", "preprocess", "training"]
    taken = figures(project, *batches, "--backend", "local-mode", "--set", "training.instance_count=2")
    assert taken["training"]["validation:score"] > 0.9


# The pipeline's own image


@pytest.fixture(scope="module")
def image(build):
    """Its name; beside the code that it was built from lies what it may not hold."""
    project = build("c-sklearn")
    private = [project.folder / "code" / "pipeline" / name for name in PRIVATE]
    for path in private:
        path.parent.mkdir(exist_ok=True)
        path.write_text("private")
    image = project.run("scripts/docker/pipeline/build.sh").stdout.split()[-1]
    for path in private:
        path.unlink()
    return image


def run_image(image, *arguments, options=()):
    """Run it as a scheduler does that gives it nothing to write to; give what it printed."""
    command = ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", *options, image, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.xdist_group("c-sklearn")
def test_the_image_prints_requests_without_a_network(image):
    printed = run_image(image, "--dry-run", options=["--network", "none"])
    assert json.JSONDecoder().raw_decode(printed.strip())[0].keys() == {"CreateProcessingJob"}


@pytest.mark.xdist_group("c-sklearn")
def test_the_image_says_what_it_is_and_holds_nothing_private(build, image):
    assert image == "c-sklearn-pipeline:test"
    described = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True, check=True)
    (inspected,) = json.loads(described.stdout)
    assert inspected["Config"]["User"] == "65534:65534"
    labels = {name.rpartition(".")[2]: value for name, value in inspected["Config"]["Labels"].items()}
    commit = build("c-sklearn").run("git", "rev-parse", "HEAD").stdout.strip()
    assert labels == {"title": "c-sklearn-pipeline", "revision": commit, "name": "python:3.11-slim"}
    search = ["/opt/project", "-name", ".venv", "-o", "-type", "f", "-exec", "grep", "-lx", "private", "{}", ";"]
    assert run_image(image, *search, options=["--entrypoint", "find"]) == ""


@pytest.mark.xdist_group("c-sklearn")
def test_the_image_works_with_the_credentials_of_its_environment(image):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        s3 = boto3.client(
            "s3", "us-east-1", endpoint_url=endpoint, aws_access_key_id="any", aws_secret_access_key="any"
        )
        s3.create_bucket(Bucket="theirs")
        environment = [f"--env={name}={value}" for name, value in (KEYS | {"AWS_ENDPOINT_URL": endpoint}).items()]
        run_image(image, "collection", "--set", "bucket=theirs", options=["--network", "host", *environment])
        found = s3.list_objects_v2(Bucket="theirs")["Contents"]
        assert [key["Key"].rpartition("/")[2] for key in found] == ["breast_cancer.csv", "collection.json"]
    finally:
        server.stop()


@pytest.mark.xdist_group("c-sklearn")
@pytest.mark.parametrize("chosen", [FEW, pytest.param([], marks=pytest.mark.full)], ids=["few", "all"])
def test_the_pipelines_tests_pass_inside_the_image(build, image, chosen):
    project = build("c-sklearn")
    settings = project.folder / "code" / "pipeline" / "sagemaker_jobs" / "settings.py"
    written = settings.read_text()
    settings.write_text("1 / 0\n")  # which is not the image's
    try:
        done = project.run("scripts/test/pipeline.sh", "--image", image, "--quiet", *chosen)
    finally:
        settings.write_text(written)
    assert done.stderr.splitlines()[0] == f"Testing inside {image}"
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.xdist_group("c-sklearn")
def test_an_image_that_is_not_there_is_named(build):
    done = build("c-sklearn").run("scripts/test/pipeline.sh", "--image", "c-nowhere", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("there is no image c-nowhere on this machine; scripts/docker/pipeline/build.sh")
