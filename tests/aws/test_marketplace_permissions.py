"""Whoever runs the pipeline may do what marketplace.sh asks of AWS, as the template of an environment says."""

import json
import subprocess
import sys

import pytest
import yaml
from botocore import xform_name
from stacks import LONG, REGION, Template, allows, copy_of, known_resources, requests

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
FILLED_IN = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": REGION,
    "${AWS::AccountId}": "123456789012",
    "${Project}": LONG["project_name"],
}
SETTINGS = ["images.train=a", "images.serve=a", "artefact=s3://bucket/model.tar.gz"]


@pytest.fixture(scope="module")
def project(render):
    return render(infrastructure="cloudformation", marketplace=True, aws_region=REGION, **LONG)


def filled_in(value):
    """Give a value of the template as CloudFormation makes it."""
    if isinstance(value, list):
        return [filled_in(one) for one in value]
    if isinstance(value, dict):
        [(function, text)] = value.items()
        assert (function, text) == ("GetAtt", "Key.Arn") or function == "Sub"
        value = KEY if function == "GetAtt" else text
    for name, content in FILLED_IN.items():
        value = value.replace(name, content)
    return value


@pytest.fixture(scope="module")
def statements(project):
    template = yaml.load((project.folder / "infrastructure/environment.yml").read_text("utf-8"), Loader=Template)
    policy = template["Resources"]["MarketplacePolicy"]["Properties"]
    assert policy["Roles"] == [{"Ref": "PipelineRole"}]
    statements = policy["PolicyDocument"]["Statement"]
    return [{name: filled_in(value) for name, value in one.items()} for one in statements]


@pytest.fixture(scope="module")
def asked(project, tmp_path_factory):
    """Give the names of the operations that list the model, each with what it calls the model."""
    copy = copy_of(project, tmp_path_factory.mktemp("listed") / "project")
    model = LONG["model_name"]
    given = json.loads((copy / f"sample_data/{model}/input/config/hyperparameters.json").read_text("utf-8"))
    schema = copy / f"build/marketplace/{model}-hyperparameters.json"
    schema.parent.mkdir(parents=True)
    schema.write_text(json.dumps({"properties": {name: {} for name in given}}))
    settings = [f"--set={setting}" for setting in SETTINGS]
    printed = ""
    for what in ("algorithm", "model-package"):
        command = [sys.executable, "-m", "marketplace", what, "--dry-run", *settings]
        pipeline = copy / "code" / "pipeline"
        printed += subprocess.run(command, cwd=pipeline, check=True, capture_output=True, text=True).stdout
    names = {"CreateAlgorithm": "AlgorithmName", "CreateModelPackage": "ModelPackageName"}
    return {operation: request[names[operation]] for operation, request in requests(printed)}


def arn(operation: str, name: str) -> str:
    kind = xform_name(operation.removeprefix("Create")).replace("_", "-")
    assert known_resources(f"sagemaker:{operation}") == [kind]
    return f"arn:aws:sagemaker:{REGION}:123456789012:{kind}/{name}"


def test_it_may_list_what_the_project_names_and_no_other(statements, asked):
    assert asked.keys() == {"CreateAlgorithm", "CreateModelPackage"}
    for operation, name in asked.items():
        for action in (operation, operation.replace("Create", "Describe")):
            assert allows(statements, f"sagemaker:{action}", arn(operation, name), {})
            assert not allows(statements, f"sagemaker:{action}", arn(operation, "other"), {})


def test_it_may_have_a_data_key_made(statements):
    assert allows(statements, "kms:GenerateDataKeyWithoutPlaintext", KEY, {})
    assert not allows(statements, "kms:GenerateDataKeyWithoutPlaintext", KEY + "2", {})
