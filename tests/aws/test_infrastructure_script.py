"""infrastructure.sh, which deploys the stacks to moto in place of AWS, and the pipeline's configuration beside them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stacks import ACCOUNT, EMAIL, config_lines

pytestmark = pytest.mark.xdist_group("aws")


def test_ci_may_assume_the_roles_it_is_told_of(stacks_of):
    stacks = stacks_of()
    subjects = {
        "GitHubSubject": "repo:team/churn:environment:prod",
        "GitLabSubject": "project_path:team/churn:ref_type:branch:ref:main",
    }
    stacks.deploy("prod", EMAIL, *(f"{name}={value}" for name, value in subjects.items()))
    _, *statements = stacks.trust("churn-prod-pipeline")
    providers = {"token.actions.githubusercontent.com": "sts.amazonaws.com", "gitlab.com": "https://gitlab.com"}
    assert statements == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{provider}:aud": audience, f"{provider}:sub": subject}},
        }
        for (provider, audience), subject in zip(providers.items(), subjects.values(), strict=True)
    ]


# The configuration of the pipeline


def configured(folder: Path, environment: str) -> dict[str, str]:
    """Read an environment's configuration as the pipeline does."""
    program = (
        "import json, sys; from pathlib import Path; from utils.config_reader import read;"
        "c = read(Path(sys.argv[1])); print(json.dumps([c.bucket, c.role, c.kms_key]))"
    )
    path = folder / "code" / "pipeline" / "configs" / f"{environment}.yml"
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, cwd=folder / "code" / "pipeline", check=True, capture_output=True, text=True)
    return dict(zip(("bucket", "role", "kms_key"), json.loads(done.stdout), strict=True))


def test_environments_share_an_account_and_are_what_the_configuration_names(stacks_of):
    stacks = stacks_of()
    stacks.deploy("account")
    numbers = {"dev": "111122223333", "stg": "444455556666", "prod": "777788889999"}
    for environment, number in numbers.items():
        printed = stacks.deploy(environment, EMAIL)
        assert (
            f"# role of whoever runs the pipeline: arn:aws:iam::{ACCOUNT}:role/churn-{environment}-pipeline" in printed
        )
        made, named = config_lines(printed), configured(stacks.folder, environment)
        assert {key: named[key].replace(number, ACCOUNT) for key in ("bucket", "role")} == {
            key: made[key] for key in ("bucket", "role")
        }
        assert "sagemaker" in made["bucket"]
        assert len(made["bucket"]) <= 63
    path = stacks.folder / "code/pipeline/configs/prod.yml"
    path.write_text(re.sub("^(bucket|role): .*", "", path.read_text(), flags=re.MULTILINE) + printed)
    assert configured(stacks.folder, "prod") == yaml.safe_load(printed)
    names = {one["Name"] for one in stacks.client("s3").list_buckets()["Buckets"]}
    assert names == {f"churn-{environment}-sagemaker-{ACCOUNT}" for environment in numbers}


# The script


def test_a_parameter_keeps_its_value(stacks_of):
    stacks = stacks_of()
    stacks.deploy("dev", EMAIL, "MonthlyBudget=250")
    stacks.deploy("dev", "Network=vpc")  # and nothing changes for the log of the endpoint, which is no error
    (stack,) = stacks.client("cloudformation").describe_stacks(StackName="churn-dev")["Stacks"]
    values = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert values["MonthlyBudget"] == "250"
    assert (values["Email"], values["Network"]) == ("team@example.com", "vpc")


def test_images_may_be_in_another_account(stacks_of):
    registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    front = "arn:aws:ecr:us-east-1:111122223333:repository/churn-tumour"
    printed = stacks_of().deploy("--dry-run", "dev", EMAIL, ECR_REGISTRY=registry).replace("\\", "")
    assert f" Repositories={front}-train,{front}-serve " in printed


def test_a_second_model_has_its_own_names(stacks_of):
    stacks = stacks_of()
    folder = stacks.folder / "infrastructure/models"
    (folder / "knots.yml").write_text((folder / "tumour.yml").read_text().replace("tumour", "knots"))
    printed = stacks.deploy("--dry-run", "account")
    assert {"churn-images-knots", "churn-images-tumour"} < set(printed.split())
    printed = stacks.deploy("--dry-run", "dev", EMAIL).replace("\\", "")
    for model in ("knots", "tumour"):
        assert f"Endpoint=churn-{model}-dev" in printed
    assert given_to(printed, "Repositories").count("knots") == given_to(printed, "Repositories").count("tumour") > 0


def given_to(printed: str, parameter: str) -> str:
    """Give what a dry run would give to a parameter."""
    return re.search(f" {parameter}=(\\S+)", printed)[1]


def test_the_policies_are_as_long_for_many_models(stacks_of):
    stacks = stacks_of()
    folder = stacks.folder / "infrastructure/models"
    template = (folder / "tumour.yml").read_text()
    lists = ("Endpoints", "EndpointLogs", "Pipelines")
    one = stacks.deploy("--dry-run", "dev", EMAIL).replace("\\", "")
    for number in range(12):
        (folder / f"model_{number}.yml").write_text(template.replace("tumour", f"model-{number}"))
    many = stacks.deploy("--dry-run", "dev", EMAIL).replace("\\", "")
    assert [given_to(many, name) for name in lists] == [given_to(one, name) for name in lists]
    assert many.count(" Endpoint=") == 13


def test_more_models_than_the_parameters_hold_are_refused(stacks_of):
    stacks = stacks_of()
    folder = stacks.folder / "infrastructure/models"
    for number in range(40):
        (folder / f"model_{number}.yml").write_text((folder / "tumour.yml").read_text())
    done = stacks.run("--dry-run", "dev", EMAIL)
    assert done.returncode == 2
    words = "the ARNs of the repositories are longer than a parameter of CloudFormation; accepted: 4096 characters\n"
    assert done.stderr == words


def test_more_endpoints_of_other_names_than_a_role_may_have_are_refused(stacks_of):
    stacks = stacks_of()
    for number in range(12):
        (stacks.folder / f"infrastructure/models/model_{number}.yml").write_text("")
    with_endpoint(stacks, "name: a-name-of-all-models")
    done = stacks.run("--dry-run", "dev", EMAIL)
    assert done.returncode == 2
    assert done.stderr.startswith("the ARNs of the endpoints are too long for the policies of a role; accepted: 3000 ")


def with_endpoint(stacks, line: str) -> None:
    """Write a line into the settings of the deployment to dev."""
    path = stacks.folder / "code/pipeline/configs/dev.yml"
    path.write_text(path.read_text().replace("deployment:\n", f"deployment:\n  {line}\n"))


def test_an_endpoint_that_the_configuration_names_is_the_roles_too(stacks_of):
    stacks = stacks_of()
    with_endpoint(stacks, 'autoscaling:\n    name: no\n  name: "live" # for ever')
    printed = stacks.deploy("--dry-run", "dev", "MonthlyBudget=5").replace("\\", "")
    assert "arn:aws:sagemaker:eu-west-1:ACCOUNT:endpoint/live," in given_to(printed, "Endpoints")
    assert given_to(printed, "EndpointLogs").endswith("log-group:/aws/sagemaker/Endpoints/live:*")
    assert given_to(printed, "Endpoint") == "live"
    assert "live" not in stacks.deploy("--dry-run", "prod")


def test_a_further_model_has_its_own_configuration(stacks_of):
    stacks = stacks_of()
    (stacks.folder / "infrastructure/models/knots.yml").write_text("")
    own = stacks.folder / "code/pipeline/configs/knots"
    own.mkdir()
    (own / "base.yml").write_text("deployment:\n    name: of-knots\n")
    printed = stacks.deploy("--dry-run", "dev", EMAIL).replace("\\", "")
    assert re.findall(r"stack-name (\S+-endpoint) .* Endpoint=(\S+)", printed) == [
        ("churn-knots-dev-endpoint", "of-knots"),
        ("churn-tumour-dev-endpoint", "churn-tumour-dev"),
    ]


@pytest.mark.parametrize("line", ["name: ${project}-live", "name: live_1"])
def test_a_name_of_an_endpoint_that_cannot_be_read_is_refused(stacks_of, line):
    stacks = stacks_of()
    with_endpoint(stacks, line)
    done = stacks.run("dev", EMAIL)
    given = line.removeprefix("name: ")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"deployment.name in code/pipeline/configs is '{given}'; accepted: ")


def test_a_dry_run_prints_every_command_and_runs_none(stacks_of):
    stacks = stacks_of()
    printed = stacks.deploy("--dry-run", "dev", EMAIL, AWS_ENDPOINT_URL="http://127.0.0.1:9").replace("\\", "")
    identity, deployment, log, outputs = [line.split() for line in printed.splitlines()]
    assert identity[:3] == ["aws", "sts", "get-caller-identity"]
    assert deployment[:3] == ["aws", "cloudformation", "deploy"]
    assert {"infrastructure/environment.yml", "churn-dev", EMAIL} <= set(deployment)
    assert {"infrastructure/endpoint.yml", "churn-tumour-dev-endpoint", "Endpoint=churn-tumour-dev"} <= set(log)
    assert outputs[:3] == ["aws", "cloudformation", "describe-stacks"]
    assert stacks.deploy("--dry-run", "account").count("aws cloudformation deploy") == 2


@pytest.mark.parametrize("place", ["account", "dev"])
def test_aws_reads_the_templates(stacks_of, place):
    stacks = stacks_of()
    assert stacks.deploy("--validate", place).endswith(".yml is valid\n")
    assert stacks.client("cloudformation").list_stacks()["StackSummaries"] == []


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        ([], {}, "'' is nothing to deploy; accepted: account dev prod stg, and --dry-run or --validate before it"),
        (["qa"], {}, "'qa' is nothing to deploy; accepted: account dev"),
        (
            ["dev", "Mail=a@b.example"],
            {},
            "'Mail=a@b.example' is no parameter; accepted: NAME=VALUE, and as NAME BudgetOf, Email",
        ),
        (["dev", "Email"], {}, "'Email' is no parameter; accepted: NAME=VALUE"),
        (["dev", "Endpoints=a"], {}, "'Endpoints=a' is no parameter"),
        (
            ["account", EMAIL],
            {},
            "is no parameter; accepted: NAME=VALUE, and as NAME GitHubSubject, GitLabSubject, JobLogs",
        ),
        (["dev", EMAIL], {"AWS_REGION": "europe"}, "the region is 'europe'; accepted: a name such as us-east-1"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(stacks_of, arguments, environment, words):
    done = stacks_of().run(*arguments, **environment)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert words in line


def test_the_readme_speaks_of_every_parameter(stacks_of):
    stacks = stacks_of()
    readme = (stacks.folder / "infrastructure/README.md").read_text()
    files = ["account.yml", "endpoint.yml", "environment.yml", "models/tumour.yml"]
    parameters = {name for file in files for name in stacks.template(file)["Parameters"]}
    script = (stacks.folder / "scripts/infrastructure.sh").read_text()
    own = set(re.search("^own='(.+)'", script, re.MULTILINE)[1].split("|"))  # what infrastructure.sh gives
    assert own < parameters
    assert [name for name in sorted(parameters - own) if f"`{name}" not in readme] == []
