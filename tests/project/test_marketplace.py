"""marketplace.sh, with stand-ins for Docker and the scanner, and moto in place of KMS."""

import base64
import json
import os
import re

import boto3
import pytest
from moto.server import ThreadedMotoServer

SCRIPT = "scripts/marketplace.sh"
REGION = "us-east-1"
# Notes how it is called; keeps the secret of a build, and tells the size of any image.
DOCKER = """#!/usr/bin/env bash
line=$*
echo "$line" >>"$CALLS/docker"
case $line in
*--secret*) secret=${line##*src=} && cp "${secret%% *}" "$CALLS/secret" ;;
*.Size*) echo "${SIZE:-1000000}" ;;
esac
"""
RECORDER = """import os, sys, pathlib
note = pathlib.Path(os.environ["CALLS"], "judged")
note.write_text((note.read_text() if note.exists() else "") + " ".join(sys.argv[1:]) + "\\n")
assert pathlib.Path(os.environ["LISTING"]).is_file()
"""

pytestmark = pytest.mark.xdist_group("marketplace")


@pytest.fixture
def project(render, tmp_path):
    """A project that is listed, whose Docker is a stand-in; what it was called with lies in `calls`."""
    project = render(marketplace=True, project_name="churn-model")
    programs, project.calls = tmp_path / "programs", tmp_path
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    project.environment |= {"PATH": os.pathsep.join([str(programs), os.environ["PATH"]]), "CALLS": str(tmp_path)}
    (project.folder / "marketplace/data_key.json").unlink(missing_ok=True)
    return project


@pytest.fixture
def kms(project):
    """KMS with a key."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    project.environment |= keys | {"AWS_ENDPOINT_URL": url, "NO_PROXY": "*"}
    client = boto3.client("kms", REGION, None, True, None, url, "any", "any")
    client.key = client.create_key()["KeyMetadata"]["Arn"]
    yield client
    server.stop()


def called(project, name="docker"):
    path = project.calls / name
    return path.read_text().splitlines() if path.exists() else []


def test_the_request_of_an_algorithm_is_the_projects_own(project):
    listed = {"ECR_REGISTRY": f"111122223333.dkr.ecr.{REGION}.amazonaws.com", "IMAGE_TAG": "abc1234"}
    asked = json.loads(project.run(SCRIPT, "algorithm", "--dry-run", **listed).stdout)["CreateAlgorithm"]
    training = asked["TrainingSpecification"]
    known = {one["Name"]: one for one in training["SupportedHyperParameters"]}
    fields = re.findall(r"^    (\w+): .*Field\(", (project.folder / "code/container/tumour/model.py").read_text(), re.M)
    assert list(known) == fields
    assert known["penalty"]["IsTunable"]
    assert training["TrainingImage"] == f"{listed['ECR_REGISTRY']}/churn-model-tumour-train:abc1234"
    assert training["MetricDefinitions"] == json.loads(
        (project.folder / "code/container/tumour/metrics.json").read_text()
    )
    [profile] = asked["ValidationSpecification"]["ValidationProfiles"]
    assert profile["TrainingJobDefinition"]["HyperParameters"]["target"] == "diagnosis"


def test_what_is_declared_is_what_the_container_reads(project):
    asked = json.loads(project.run(SCRIPT, "algorithm", "--dry-run").stdout)["CreateAlgorithm"]
    contract = project.folder / "code/container/sagemaker_contract"
    negotiated = re.findall(r'"(\w+/\w+)"', (contract / "serving/negotiation.py").read_text().partition("SUPPORTED")[0])
    for types in ("SupportedContentTypes", "SupportedResponseMIMETypes"):
        assert sorted(asked["InferenceSpecification"][types]) == sorted(negotiated)
    formats = (contract / "channels/known.py").read_text().partition("BY_CONTENT_TYPE")[2]
    for channel in asked["TrainingSpecification"]["TrainingChannels"]:
        assert all(f'"{one}"' in formats for one in channel["SupportedContentTypes"])


def test_images_get_the_data_key_by_a_secret_that_is_gone_afterwards(project, kms):
    project.run(SCRIPT, "key", kms.key)
    built = project.run(SCRIPT, "build", IMAGE_TAG="abc").stdout.splitlines()
    assert built == ["churn-model-tumour-train:abc-sealed", "churn-model-tumour-serve:abc-sealed"]
    with_key = [line for line in called(project) if "--secret" in line]
    assert len(with_key) == 2
    for line, use in zip(with_key, ("train", "serve"), strict=True):
        assert f"--build-arg IMAGE=churn-model-tumour-{use}:abc " in line
        assert not os.path.exists(re.search(r"src=(\S+)", line)[1])
    kept = json.loads((project.folder / "marketplace/data_key.json").read_bytes())
    context = {"KeyId": kept["KeyId"], "EncryptionContext": kept["EncryptionContext"]}
    key = kms.decrypt(CiphertextBlob=base64.b64decode(kept["CiphertextBlob"]), **context)["Plaintext"]
    assert (project.calls / "secret").read_bytes() == key


def test_the_tag_that_build_has_printed_names_the_same_images(project, kms):
    project.run(SCRIPT, "key", kms.key)
    built = project.run(SCRIPT, "build", IMAGE_TAG="abc-sealed").stdout.splitlines()
    assert built == ["churn-model-tumour-train:abc-sealed", "churn-model-tumour-serve:abc-sealed"]
    assert sum("--build-arg IMAGE=churn-model-tumour-train:abc " in line for line in called(project)) == 1


@pytest.mark.parametrize("tag", ["abc-dirty-sealed", "latest-sealed"])
def test_sealed_images_of_no_one_state_are_not_pushed(project, tag):
    done = project.run("scripts/docker/container/push.sh", check=False, IMAGE_TAG=tag)
    assert done.stderr == f"'{tag}' names no one state of the code; commit, or set IMAGE_TAG\n"


def test_what_can_be_no_tag_is_refused_before_anything_is_built(project):
    done = project.run(SCRIPT, "build", check=False, IMAGE_TAG="a b")
    assert done.returncode == 2
    assert done.stderr.startswith("IMAGE_TAG is 'a b'; accepted: ")
    assert called(project) == ["info"]


def test_without_a_data_key_the_images_are_those_of_build(project):
    assert project.run(SCRIPT, "build", IMAGE_TAG="abc").stdout.splitlines() == [
        "churn-model-tumour-train:abc",
        "churn-model-tumour-serve:abc",
    ]
    assert not any("--secret" in line for line in called(project))


def test_a_check_judges_each_image_and_then_scans_them_all(project):
    folder = project.folder / "scripts"
    judge, scan = folder / "test/conformance/marketplace.py", folder / "scan.sh"
    kept = {path: path.read_bytes() for path in (judge, scan)}
    judge.write_text(RECORDER)
    scan.write_text('#!/usr/bin/env bash\necho "$*" >"$CALLS/scanned"\n')  # its own tests look at the rest of it
    try:
        done = project.run(SCRIPT, "check", IMAGE_TAG="abc")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    images = [f"churn-model-tumour-{use}:abc" for use in ("train", "serve")]
    assert [line.split()[:3] for line in called(project, "judged")] == [[one, "--items", "83-85"] for one in images]
    assert called(project, "scanned") == [" ".join(images)]
    assert "takes 1 MB of the 10000 that are allowed" in done.stdout


def test_an_image_that_is_too_large_is_refused(project):
    done = project.run(SCRIPT, "check", "large:1", check=False, SIZE="10000000001")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "large:1 takes 10000000001 bytes; accepted: at most 10000000000, by largest_image_gb in marketplace/tumour.yml"
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], "'' is no command; accepted: key, build, check, seal, model-package, algorithm"),
        (["sell"], "'sell' is no command; accepted: key"),
        (["seal", "sample_data"], "'sample_data' is no model folder; accepted: a folder with a model.json"),
        (["algorithm"], "images.serve is 'churn-model-tumour-serve:latest'; accepted: an image in Amazon ECR"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(project, command, words):
    done = project.run(SCRIPT, *command, check=False)
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]


def test_who_only_serves_lists_a_model_package(render):
    project = render(marketplace=True, purpose="serve")
    settings = "--set=artefact=s3://bucket/model.tar.gz"
    asked = json.loads(project.run(SCRIPT, "model-package", "--dry-run", settings).stdout)["CreateModelPackage"]
    assert asked["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == "s3://bucket/model.tar.gz"
    refused = project.run(SCRIPT, "algorithm", "--dry-run", check=False)
    assert refused.returncode == 2
    assert refused.stderr == "'algorithm' is no command; accepted: key, build, check, seal, model-package\n"
