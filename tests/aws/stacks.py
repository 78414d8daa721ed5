"""The stacks of rendered projects, as moto's CloudFormation makes them, and what their policies allow.

moto makes repositories, log groups, the key, the bucket's encryption and the roles. It knows no bucket policies and no
budgets, and leaves out what else is said of a bucket or repository; the tests read those in the templates.
"""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import boto3
import yaml
from moto.cloudformation.models import ChangeSet
from moto.cloudformation.parsing import OutputMap, ResourceMap

REGION = "eu-west-1"
ACCOUNT = "123456789012"  # of all keys that moto does not know
EMAIL = "Email=team@example.com"
LONG = {
    "project_name": "a-project-name-of-32-characters1",
    "model_name": "a_model_name_of_as_many_as_40_characters",
}
# The projects whose stacks are looked at.
STACKED = {
    "default": {},
    "train only": {"purpose": "train"},
    "serve only": {"purpose": "serve"},
    "on AWS's image, long names": {"pattern": "extend_aws_image", "combined_image": True, **LONG},
}
# Policies.json of cfn-lint says which resources each action knows.
KNOWN_ACTIONS = json.loads((files("cfnlint.data.AdditionalSpecs") / "Policies.json").read_text("utf-8"))


@dataclass
class Stacks:
    """A rendered project and the AWS that its script deploys to."""

    folder: Path
    answers: dict[str, Any]
    environment: dict[str, str]

    def __str__(self) -> str:
        return self.answers["project_name"]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run infrastructure.sh."""
        return subprocess.run(
            ["scripts/infrastructure.sh", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def deploy(self, *arguments: str, **environment: str) -> str:
        """Deploy, which must end well, and give what is printed."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def client(self, service: str, region: str = REGION) -> Any:
        return boto3.client(service, region, None, True, None, self.environment["AWS_ENDPOINT_URL"], "any", "any")

    def template(self, name: str) -> dict[str, Any]:
        return yaml.load((self.folder / "infrastructure" / name).read_text("utf-8"), Loader=Template)

    def statements(self, role: str) -> list[dict]:
        """Give the statements of all inline policies of a role, names filled in."""
        iam = self.client("iam")
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return [one for document in map(read_document, documents) for one in document["Statement"]]

    def trust(self, role: str) -> list[dict]:
        """Give the statements that say who may assume a role; moto leaves an empty one for AWS::NoValue."""
        document = self.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        return [one for one in document["Statement"] if one and "Effect" in one]


@dataclass
class Deployed(Stacks):
    """Stacks of an account and of the environment dev, and what they made: AWS is emptied for the next."""

    def __post_init__(self) -> None:
        assert self.deploy("account") == ""
        self.printed = self.deploy("dev", EMAIL)
        self.config = config_lines(self.printed)
        self.repositories = self.client("ecr").describe_repositories()["repositories"]
        groups = self.client("logs").describe_log_groups()["logGroups"]
        self.kept_days = {one["logGroupName"]: one["retentionInDays"] for one in groups}
        self.bucket = f"{self}-dev-sagemaker-{ACCOUNT}"
        self.encryption = self.client("s3").get_bucket_encryption(Bucket=self.bucket)
        kms, key = self.client("kms"), {"KeyId": self.config["kms_key"]}
        self.rotation = kms.get_key_rotation_status(**key)["KeyRotationEnabled"]
        self.aliases = [one["AliasName"] for one in kms.list_aliases(**key)["Aliases"]]
        names = {"jobs": f"{self}-dev-sagemaker", "pipeline": f"{self}-dev-pipeline", "push": f"{self}-push"}
        self.trusted = {role: self.trust(name) for role, name in names.items()}
        self.allowed = {role: self.statements(name) for role, name in names.items()}


def read_document(document: dict | str) -> dict:
    """Read a policy as moto gives it: it keeps those of CloudFormation as Python writes a dict."""
    return document if isinstance(document, dict) else ast.literal_eval(document)


class Template(yaml.SafeLoader):
    """Reads a template; `!Ref Name` is {"Ref": "Name"}, and so on."""


def _function(loader: Template, tag: str, node: yaml.Node) -> dict:
    if isinstance(node, yaml.ScalarNode):
        return {tag: node.value}
    construct = loader.construct_sequence if isinstance(node, yaml.SequenceNode) else loader.construct_mapping
    return {tag: construct(node, deep=True)}


Template.add_multi_constructor("!", _function)


def allows(statements: list[dict], action: str, resource: str, context: dict[str, str]) -> bool:
    """Say whether one of the statements, all of which allow something, allows this."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in listed(statement["Action"]))
        and any(fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        and all(_holds(*condition, context) for condition in statement.get("Condition", {}).items())
        for statement in statements
    )


def _holds(operator: str, wanted: dict[str, str], context: dict[str, str]) -> bool:
    assert operator in ("StringEquals", "StringLike", "Bool"), operator
    return all(key in context and fnmatchcase(context[key], value) for key, value in wanted.items())


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def known_resources(action: str) -> list[str]:
    """Give the kinds of resources that a policy may name for an action, which must exist."""
    service, name = action.split(":")
    return KNOWN_ACTIONS[service]["Actions"][name.lower()].get("Resources", [])


def requests(text: str) -> list[tuple[str, dict]]:
    """Read the requests that a dry run prints, each an operation and its arguments."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        document, end = decoder.raw_decode(text)
        found += document.items()
        text = text[end:].strip()
    return found


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def s3_uris(request: dict) -> list[str]:
    return [text for text in texts_in(request) if text.startswith("s3://")]


# What moto 5.2.5 lacks: outputs of a stack that a change set makes, and a list that keeps its value. It also refuses to
# make a change set without changes, which AWS makes and then calls failed.


def apply_with_outputs(change_set: ChangeSet) -> None:
    """Apply a change set, and have the stack know the outputs of its template."""
    stack = change_set.stack
    stack.resource_map.update(change_set.template_dict, change_set.parameters)
    stack.output_map = OutputMap(stack.resource_map, change_set.template_dict, stack.stack_id)


def with_texts(load_parameters):
    """Load parameters, of which moto gives a list that keeps its value as one."""

    def load(resources: ResourceMap) -> None:
        given = resources.input_parameters.items()
        resources.input_parameters = {
            name: ",".join(value) if isinstance(value, list) else value for name, value in given
        }
        load_parameters(resources)

    return load


def copy_of(rendered: Any, folder: Path) -> Path:
    """Copy a rendered project, which nobody may write into."""
    shutil.copytree(rendered.folder, folder)
    return folder


def config_lines(printed: str) -> dict[str, str]:
    """Read what a deployment prints for the configuration."""
    return dict(re.findall(r"^(\w+): (.+)$", printed, re.MULTILINE))
