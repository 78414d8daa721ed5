"""Fixtures that push the images of a rendered project, and deploy its stacks."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from answers import ROOT
from moto import settings
from moto.cloudformation.models import ChangeSet
from moto.cloudformation.parsing import ResourceMap
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import JsonRESTError
from moto.iam import access_control
from moto.server import ThreadedMotoServer
from pushing import KEYS, REGION, Images, Push, Registry, running_registry
from repository import commit_all, git
from stacks import STACKED, Deployed, Stacks, apply_with_outputs, copy_of, with_texts


@pytest.fixture(scope="session")
def project(render, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render and commit a project, of a name that no other run of these tests gives to images of the same engine."""
    name = f"push-test-{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("push") / name
    shutil.copytree(render(project_name=name, model_name="tumour", aws_region=REGION).folder, folder)
    commit_all(folder)
    return folder


@pytest.fixture(scope="session")
def images(project: Path) -> Iterator[Images]:
    """Make the project's images; all that bear its name are removed in the end."""
    made = Images(
        [f"{project.name}-tumour-{target}" for target in ("train", "serve")], git(project, "rev-parse", "HEAD")[:7]
    )
    for name in made.names:
        made.make(name, made.tag)
    yield made
    listing = ["docker", "images", "--format", "{{.ID}} {{.Repository}}"]
    listed = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.splitlines()
    own = {line.split()[0] for line in listed if project.name in line}
    subprocess.run(["docker", "rmi", "--force", *own], check=True, capture_output=True)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """Run moto's server, and give its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(endpoint: str) -> Callable:
    """Empty AWS, and give a function that makes a client of one of its services."""
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()

    def aws(service: str, region: str = REGION, key: str = "any", secret: str = "any", token: str | None = None):
        return boto3.client(service, region, None, True, None, endpoint, key, secret, token)

    return aws


def access_denied(user_arn: str, action: str) -> JsonRESTError:
    """Say no in the JSON that ECR speaks; moto says it in XML."""
    return JsonRESTError("AccessDeniedException", f"User: {user_arn} is not authorized to perform: {action}")


@pytest.fixture
def forbid(aws, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Give a function that makes a user who may do all but one thing, and gives their keys as the environment has them.

    From then on AWS refuses keys that it does not know.
    """

    def forbid(action: str) -> dict[str, str]:
        iam = aws("iam")
        statements = [
            {"Effect": effect, "Action": what, "Resource": "*"} for effect, what in (("Allow", "*"), ("Deny", action))
        ]
        iam.create_user(UserName="tester")
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName="tester", PolicyName="all-but-one", PolicyDocument=policy)
        key = iam.create_access_key(UserName="tester")["AccessKey"]
        monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        monkeypatch.setattr(access_control, "AccessDeniedError", access_denied)
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    return forbid


@pytest.fixture
def allow_all(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give a function after which AWS allows all to everybody again."""
    return lambda: monkeypatch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", float("inf"))


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """Run an empty registry."""
    with running_registry(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def push(project: Path, endpoint: str, aws, registry: Registry, tmp_path: Path) -> Push:
    """Give push.sh keys that moto takes for anybody's, and no settings of whoever runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept.setdefault("DOCKER_HOST", subprocess.getoutput("docker context inspect --format '{{.Endpoints.docker.Host}}'"))
    new = {
        "PATH": f"{ROOT}/.venv/bin:{kept['PATH']}",  # for the AWS command line
        "HOME": str(home),
        "DOCKER_CONFIG": str(home / ".docker"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "ECR_REGISTRY": registry.host,
    }
    return Push(project, kept | KEYS | new)


@pytest.fixture(scope="session")
def repaired_moto() -> Iterator[None]:
    """Add to moto what its CloudFormation lacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChangeSet, "apply", apply_with_outputs)
        patch.setattr(ResourceMap, "load_parameters", with_texts(ResourceMap.load_parameters))
        patch.setattr(CloudFormationResponse, "_validate_different_update", lambda *_: None)
        yield


@pytest.fixture(scope="session")
def stacks_of(render, endpoint, repaired_moto, tmp_path_factory) -> Callable[..., Stacks]:
    """Give a function that renders a project for an empty AWS; its script has keys that moto takes for anybody's."""

    def stacks_of(**answers) -> Stacks:
        httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
        given = {"project_name": "churn", "model_name": "tumour", "aws_region": REGION, **answers}
        rendered = render(infrastructure="cloudformation", **given)
        home = tmp_path_factory.mktemp("home")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ECR_"))}
        new = {
            "PATH": f"{ROOT}/.venv/bin:{Path(sys.executable).parent}:{kept['PATH']}",  # for the AWS command line
            "HOME": str(home),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": REGION,
        }
        return Stacks(copy_of(rendered, home / "project"), rendered.answers, kept | new)

    return stacks_of


@pytest.fixture(scope="session", params=STACKED)
def deployed(stacks_of, request: pytest.FixtureRequest) -> Deployed:
    """Deploy the stacks of an account and of one environment, and look at what they made."""
    stacks = stacks_of(**STACKED[request.param])
    return Deployed(stacks.folder, stacks.answers, stacks.environment)
