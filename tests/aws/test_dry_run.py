"""Dry runs, which need no engine, no AWS command line, no credentials and no network."""

import os
import shutil
from pathlib import Path

import pytest
from projects import executable
from pushing import Push
from repository import commit_all, git

pytestmark = pytest.mark.xdist_group("aws")

COMMANDS = ["bash", "cat", "dirname", "env", "git", "grep", "mktemp", "python3", "rm", "sed", "tail"]


@pytest.fixture
def dry_run(render, tmp_path):
    """Give a function that prints what a push of a project with these answers would do."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for command in COMMANDS:
        (bare / command).symlink_to(executable(command))
    kept = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}

    def dry_run(environment: dict[str, str] | None = None, **answers) -> tuple[Path, list[str]]:
        folder = tmp_path / "project"
        shutil.copytree(render(project_name="churn", model_name="tumour", **answers).folder, folder)
        commit_all(folder)
        done = Push(folder, kept | {"PATH": str(bare)})("--dry-run", **environment or {})
        assert (done.returncode, done.stderr) == (0, "")
        return git(folder, "rev-parse", "HEAD")[:7], [
            line.replace("\\", "").rstrip() for line in done.stdout.splitlines()
        ]

    return dry_run


def test_every_command_in_its_order(dry_run):
    tag, lines = dry_run(purpose="serve", aws_region="cn-north-1")
    registry, name = "ACCOUNT.dkr.ecr.cn-north-1.amazonaws.com.cn", "churn-tumour-serve"
    images = (
        f"aws ecr describe-images --repository-name {name} --image-ids imageTag={tag} "
        "--query imageDetails[0].imageDigest --output text"
    )
    assert lines == [
        "aws sts get-caller-identity --query Account --output text",
        f"docker image inspect {name}:{tag}",
        f"aws ecr get-login-password | docker login --username AWS --password-stdin {registry}",
        f"aws ecr describe-repositories --repository-names {name} --query repositories[0].repositoryName --output text",
        f"aws ecr get-lifecycle-policy --repository-name {name} --query repositoryName --output text",
        images,
        f"aws ecr create-repository --repository-name {name} "
        "--image-tag-mutability IMMUTABLE --image-scanning-configuration scanOnPush=true",
        f"aws ecr put-lifecycle-policy --repository-name {name} "
        "--lifecycle-policy-text file://scripts/docker/container/lifecycle.json",
        f"docker tag {name}:{tag} {registry}/{name}:{tag}",
        f"docker push --quiet {registry}/{name}:{tag}",
        images,
    ]


@pytest.mark.parametrize(
    ("answers", "environment", "pushed"),
    [
        (
            {},
            {},
            [
                "ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/churn-tumour-train",
                "ACCOUNT.dkr.ecr.us-east-1.amazonaws.com/churn-tumour-serve",
            ],
        ),
        (
            {"combined_image": True},
            {"AWS_REGION": "cn-northwest-1"},
            ["ACCOUNT.dkr.ecr.cn-northwest-1.amazonaws.com.cn/churn-tumour"],
        ),
        ({}, {"ECR_REGISTRY": "localhost:5000", "TARGET": "train"}, ["localhost:5000/churn-tumour-train"]),
    ],
)
def test_what_would_be_pushed_where(dry_run, answers, environment, pushed):
    tag, lines = dry_run(environment, **answers)
    assert [line for line in lines if "docker push" in line] == [
        f"docker push --quiet {image}:{tag}" for image in pushed
    ]
