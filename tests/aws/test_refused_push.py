"""Pushes that cannot be done: one line says why, and nothing is made that the next push does not take up."""

import os
import shutil
from pathlib import Path

import pytest
from pushing import ACCOUNT, MANIFEST, NO_KEYS, running_registry

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("aws")]

# What is wrong, and a piece of the line that says so.
REFUSED = {
    "no keys": (NO_KEYS, "AWS gives no account in eu-west-1: Unable to locate credentials"),
    "no such profile": ({"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    "no AWS": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS gives no account in eu-west-1: Could not connect"),
    "region": ({"AWS_REGION": "europe"}, "the region is 'europe'; accepted: a name such as us-east-1"),
    "registry of another region": (
        {"ECR_REGISTRY": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"},
        "the region is eu-west-1, ECR_REGISTRY is in us-east-1; set AWS_REGION to the same",
    ),
    "registry of another account": (
        {"ECR_REGISTRY": "111122223333.dkr.ecr.eu-west-1.amazonaws.com"},
        f"the credentials are of account {ACCOUNT}, ECR_REGISTRY is of 111122223333; set AWS_PROFILE",
    ),
    "registry with a scheme": (
        {"ECR_REGISTRY": "https://localhost:5000"},
        "is 'https://localhost:5000'; accepted: a host",
    ),
    "tag latest": ({"IMAGE_TAG": "latest"}, "'latest' names no one state of the code; commit, or set IMAGE_TAG"),
    "tag -dirty": ({"IMAGE_TAG": "1234567-dirty"}, "'1234567-dirty' names no one state of the code"),
    "not built": (
        {"IMAGE_TAG": "never"},
        "-tumour-train:never has not been built; run scripts/docker/container/build.sh",
    ),
    "tag": ({"IMAGE_TAG": "a tag"}, "IMAGE_TAG is 'a tag'; accepted: "),
    "target": ({"TARGET": "serving"}, "TARGET is 'serving'; accepted: "),
    "no engine": (
        {"DOCKER_HOST": "unix:///nowhere.sock"},
        "the Docker engine does not answer; start it, or name it in",
    ),
}


@pytest.fixture
def refused(push, images, aws, registry, allow_all):
    """Give a function that makes a push which must be refused, sees that it made nothing, and gives its one line."""

    def refused(*arguments: str, **environment: str) -> str:
        line = push.complaint(*arguments, **environment)
        allow_all()
        assert aws("ecr").describe_repositories()["repositories"] == []
        assert registry.writes() == 0
        return line

    return refused


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_environment_says_is_wrong(refused, what):
    environment, words = REFUSED[what]
    assert words in refused(**environment)


def test_an_unknown_argument(refused):
    assert refused("--dry-run", "now") == "unknown arguments '--dry-run now'; accepted: --dry-run"


def test_a_project_with_changes(refused, push, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(push.project, folder)
    push.project = folder
    (folder / "code" / "new.py").touch()
    assert "-dirty' names no one state of the code; commit, or set IMAGE_TAG" in refused()
    shutil.rmtree(folder / ".git")
    assert "'latest' names no one state of the code; commit, or set IMAGE_TAG" in refused()


@pytest.mark.parametrize("absent", ["docker", "aws"])
def test_a_command_that_is_not_there(refused, push, tmp_path, absent):
    for folder in reversed(push.environment["PATH"].split(os.pathsep)):
        for command in Path(folder).glob("*"):
            if command.name != absent:
                (tmp_path / "bin").mkdir(exist_ok=True)
                (tmp_path / "bin" / command.name).unlink(missing_ok=True)
                (tmp_path / "bin" / command.name).symlink_to(command)
    assert f"{absent} is not on PATH; install" in refused(PATH=str(tmp_path / "bin"))


def test_only_one_image_is_built(refused, images):
    images.make(images.names[0], "half")
    assert refused(IMAGE_TAG="half").startswith(
        f"{images.names[1]}:half has not been built; run scripts/docker/container/"
    )


def test_an_image_for_another_processor(refused, images):
    images.make(images.names[0], "arm", "linux/arm64")
    assert refused(IMAGE_TAG="arm", TARGET="train").startswith(
        f"{images.names[0]}:arm is not for amd64, which SageMaker needs; rebuild it"
    )


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ],
)
def test_a_manifest_that_create_model_refuses(refused, push, media_type):
    line = refused(PATH=push.on_path("containerd_store"), MEDIA_TYPE=media_type)
    assert "has an OCI manifest or an index, which SageMaker refuses; rebuild it with scripts/docker/container/" in line


def test_dockers_manifest_is_no_error_in_such_an_engine(push, images):
    assert len(push.uris(PATH=push.on_path("containerd_store"), MEDIA_TYPE=MANIFEST, TARGET="train")) == 1


def test_a_login_that_the_registry_refuses(refused, tmp_path):
    with running_registry(tmp_path / "another", account="111122223333") as registry:
        line = refused(ECR_REGISTRY=registry.host)
    assert line.startswith(f"{registry.host} refuses the login: ")
    assert "401 Unauthorized" in line


def test_keys_that_aws_does_not_know(refused, forbid):
    forbid("ecr:CreateRepository")
    assert "InvalidClientTokenId" in refused()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("GetAuthorizationToken", "ECR gives no password: "),
        ("DescribeRepositories", "cannot look up repository "),
        ("GetLifecyclePolicy", "cannot look up the lifecycle policy of "),
        ("CreateRepository", "cannot make repository "),
    ],
)
def test_a_permission_that_is_denied(refused, forbid, action, words):
    line = refused(TARGET="train", **forbid(f"ecr:{action}"))
    assert line.startswith(words)
    assert f"user/tester is not authorized to perform: ecr:{action}" in line


def test_denied_images_are_not_missing_ones(refused, push, forbid, tmp_path):
    stand_in = {"PATH": push.on_path("ecr"), "LOGINS": str(tmp_path / "logins"), "ECR_REGISTRY": "", "TARGET": "train"}
    line = refused(**stand_in, **forbid("ecr:DescribeImages"))
    assert line.startswith("cannot look up ")
    assert "ecr:DescribeImages" in line


def test_a_denied_lifecycle_policy_is_set_by_the_next_push(push, registry, images, aws, forbid, allow_all):
    line = push.complaint(TARGET="serve", **forbid("ecr:PutLifecyclePolicy"))
    allow_all()
    name = images.names[1]
    assert line.startswith(
        f"repository {name} is there without its lifecycle policy, which the next push tries again: "
    )
    assert "ecr:PutLifecyclePolicy" in line
    assert registry.writes() == 0
    push.uris(TARGET="serve")
    assert aws("ecr").get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]


def test_a_push_that_the_registry_refuses_is_taken_up_by_the_next(push, images, tmp_path):
    with running_registry(tmp_path / "reading", read_only=True) as reading:
        line = push.complaint(ECR_REGISTRY=reading.host, TARGET="train")
    assert line.startswith(f"{reading.host} does not take {images.names[0]}:{images.tag}: ")
    assert len(push.uris(TARGET="train")) == 1
