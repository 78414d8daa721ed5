"""Pushes to a real registry, with moto's server for the login and the repositories."""

import json

import pytest
from pushing import ACCOUNT, MANIFEST, NO_KEYS, running_registry

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("aws")]

ROLES_ACCOUNT = "111122223333"


def repositories(ecr) -> list[dict]:
    return ecr.describe_repositories()["repositories"]


def test_a_push_makes_the_repositories_and_prints_what_the_registry_holds(push, registry, images, aws):
    done = push()
    assert done.returncode == 0, done.stderr
    held = {name: registry.get(f"{name}/manifests/{images.tag}") for name in images.names}
    for manifest in held.values():
        assert manifest.headers["Content-Type"] == manifest.json()["mediaType"] == MANIFEST
    assert done.stdout.splitlines() == [
        f"{registry.host}/{name}@{manifest.headers['Docker-Content-Digest']}" for name, manifest in held.items()
    ]
    made = repositories(aws("ecr"))
    assert [repository["repositoryName"] for repository in made] == images.names
    policy = json.loads((push.project / "scripts/docker/container/lifecycle.json").read_text())
    for repository in made:
        assert repository["imageTagMutability"] == "IMMUTABLE"
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
        lifecycle = aws("ecr").get_lifecycle_policy(repositoryName=repository["repositoryName"])
        assert json.loads(lifecycle["lifecyclePolicyText"]) == policy

    writes = registry.writes()
    again = push()
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert registry.writes() == writes > 0
    assert repositories(aws("ecr")) == made


def test_the_image_of_the_pipeline_has_a_push_of_its_own(push, registry, images, aws):
    name, push.script = f"{push.project.name}-pipeline", "scripts/docker/pipeline/push.sh"
    assert push.complaint() == f"{name}:{images.tag} has not been built; run scripts/docker/pipeline/build.sh"
    images.make(name, images.tag)
    assert push.uris() == [f"{registry.host}/{name}@{registry.digest(name, images.tag)}"]
    assert [repository["repositoryName"] for repository in repositories(aws("ecr"))] == [name]


def test_a_tag_is_never_pushed_over(push, registry, images):
    name = images.names[0]
    images.make(name, "once")
    uris = push.uris(TARGET="train", IMAGE_TAG="once")
    assert uris == [f"{registry.host}/{name}@{registry.digest(name, 'once')}"]
    writes = registry.writes()
    images.make(name, "once")
    assert push.uris(TARGET="train", IMAGE_TAG="once") == uris
    assert registry.writes() == writes


def test_a_repository_keeps_the_settings_that_it_has(push, images, aws):
    name, ecr = images.names[0], aws("ecr")
    ecr.create_repository(repositoryName=name)
    rule = {"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9}}
    policy = json.dumps({"rules": [rule | {"action": {"type": "expire"}}]})
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=policy)
    before = repositories(ecr)
    push.uris(TARGET="train")
    assert repositories(ecr) == before
    assert ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"] == policy


@pytest.mark.parametrize(
    ("region", "domain", "partition"),
    [("ap-northeast-1", "amazonaws.com", "aws"), ("cn-north-1", "amazonaws.com.cn", "aws-cn")],
)
def test_the_registry_is_that_of_the_account_and_the_region(push, images, aws, tmp_path, region, domain, partition):
    name, host, ecr = images.names[1], f"{ACCOUNT}.dkr.ecr.{region}.{domain}", aws("ecr", region)
    logins = tmp_path / "logins"
    stand_in = {"PATH": push.on_path("ecr"), "LOGINS": str(logins), "ECR_REGISTRY": "", "TARGET": "serve"}
    uris = push.uris(AWS_DEFAULT_REGION=region, **stand_in)
    (held,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert held["imageTags"] == [images.tag]
    assert uris == [f"{host}/{name}@{held['imageDigest']}"]
    assert logins.read_text() == f"{host} {ACCOUNT}-auth-token\n"
    assert repositories(ecr)[0]["repositoryArn"].startswith(f"arn:{partition}:ecr:{region}:")
    assert repositories(aws("ecr")) == []  # in the project's region
    assert push.uris(AWS_REGION=region, **stand_in) == uris  # and moto would refuse to take the tag again


def test_a_profile_has_the_keys(push, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.write_text("[release]\naws_access_key_id = any\naws_secret_access_key = any\n")
    environment = NO_KEYS | {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "TARGET": "serve"}
    assert "Unable to locate credentials" in push.complaint(**environment)
    assert len(push.uris(AWS_PROFILE="release", **environment)) == 1


def test_a_profile_assumes_a_role_of_another_account(push, aws, tmp_path):
    role = f"arn:aws:iam::{ROLES_ACCOUNT}:role/release"
    config = tmp_path / "config"
    config.write_text(
        f"""\
[profile release]
role_arn = {role}
source_profile = person
[profile person]
aws_access_key_id = any
aws_secret_access_key = any
"""
    )
    environment = NO_KEYS | {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "release", "TARGET": "train"}
    with running_registry(tmp_path / "roles-registry", ROLES_ACCOUNT) as registry:
        push.uris(ECR_REGISTRY=registry.host, **environment)
    assumed = aws("sts").assume_role(RoleArn=role, RoleSessionName="look")["Credentials"]
    keys = assumed["AccessKeyId"], assumed["SecretAccessKey"], assumed["SessionToken"]
    assert [made["registryId"] for made in repositories(aws("ecr", "eu-west-1", *keys))] == [ROLES_ACCOUNT]
    assert repositories(aws("ecr")) == []


def test_a_dry_run_prints_every_command_of_a_push(push, tmp_path):
    commands = tmp_path / "commands"
    recorded = {"PATH": push.on_path("recorder"), "COMMANDS": str(commands)}
    told = push("--dry-run", **recorded)
    assert (told.returncode, told.stderr) == (0, "")
    assert not commands.exists()
    push.uris(**recorded)
    printed = [command.replace("\\", "").strip() for line in told.stdout.splitlines() for command in line.split(" | ")]
    assert printed == [command for command in commands.read_text().splitlines() if command != "docker info"]
