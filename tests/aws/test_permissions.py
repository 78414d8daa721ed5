"""The roles of the stacks allow what the project asks of AWS and its jobs need, and nothing that is somebody else's.

What is asked is read in the rendered code; the names, in requests that its dry run prints. moto fills in the policies;
whether AWS asks for the same permissions has not been seen.
"""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from stacks import ACCOUNT, EMAIL, REGION, Deployed, allows, known_resources, listed, requests, s3_uris, texts_in

pytestmark = pytest.mark.xdist_group("aws")

# Clients of boto3 that the pipeline uses.
CLIENTS = [
    *("sagemaker", "sagemaker-runtime", "s3", "logs", "application-autoscaling", "cloudwatch"),
    *("athena", "redshift-data", "secretsmanager", "ssm"),
]
# Methods of the clients by which boto3's transfers do their work, unseen in the code.
TRANSFERS = [
    *("head_object", "get_object", "put_object", "copy_object", "create_multipart_upload", "upload_part"),
    *("upload_part_copy", "complete_multipart_upload", "abort_multipart_upload"),
]
# A source is the user's; the README of infrastructure/ names these actions for a policy of the user's own.
SOURCES = {
    "start_query_execution": "athena:StartQueryExecution",
    "get_query_execution": "athena:GetQueryExecution",
    "get_query_results": "athena:GetQueryResults",
    "stop_query_execution": "athena:StopQueryExecution",
    "execute_statement": "redshift-data:ExecuteStatement",
    "describe_statement": "redshift-data:DescribeStatement",
    "get_statement_result": "redshift-data:GetStatementResult",
    "cancel_statement": "redshift-data:CancelStatement",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "get_parameter": "ssm:GetParameter",
}
# S3's actions have other names than the methods.
S3 = dict.fromkeys(TRANSFERS, "s3:PutObject") | {
    "head_object": "s3:GetObject",
    "get_object": "s3:GetObject",
    "delete_objects": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "abort_multipart_upload": "s3:AbortMultipartUpload",
}
LISTS = [
    *("ListEndpoints", "ListPipelines", "ListModelPackageGroups"),
    *("ListHyperParameterTuningJobs", "ListProcessingJobs", "ListTrainingJobs", "ListTransformJobs"),
]
# Why these are allowed for every resource there is.
FOR_ALL = {
    "ecr:GetAuthorizationToken": "a login is to the whole registry",
    "cloudwatch:PutMetricData": "metrics have no ARN; the namespace is a condition",
    "application-autoscaling:DescribeScalableTargets": "descriptions are of all there is",
    "application-autoscaling:DescribeScalingPolicies": "descriptions are of all there is",
    "ec2:DescribeDhcpOptions": "descriptions are of all there is",
    "ec2:DescribeNetworkInterfaces": "descriptions are of all there is",
    "ec2:DescribeSecurityGroups": "descriptions are of all there is",
    "ec2:DescribeSubnets": "descriptions are of all there is",
    "ec2:DescribeVpcs": "descriptions are of all there is",
} | {f"sagemaker:{name}": "lists are of all there is" for name in LISTS}
# Why these have a * in a resource that is not the project's own: what it stands for has no name before it is made.
STARS = {
    r"arn:aws:s3:::{project}-dev-sagemaker-\d+/\*": "objects of the bucket",
    r"arn:aws:sagemaker:.+:(processing|training|transform)-job/{project}-\*": "a name for each job",
    r"arn:aws:sagemaker:.+:(endpoint-config|model)/{project}-\*": "a name for each deployment",
    r"arn:aws:application-autoscaling:.+:scalable-target/\*": "AWS makes up the names",
    r"arn:aws:sagemaker:.+:(endpoint|pipeline|model-package-group)/{project}-\*-dev": "a name for each model",
    r"arn:aws:cloudwatch:.+:alarm:{project}-\*-dev-first-instance": "a name for each model",
    r"arn:aws:cloudwatch:.+:alarm:TargetTracking-endpoint/{project}-\*-dev/\*": "and AWS makes up the rest",
    r"arn:aws:logs:.+:log-group:/aws/sagemaker/Endpoints/{project}-\*-dev:\*": "a name for each model",
    r"arn:aws:cloudwatch:.+:alarm:{project}-\*": "the alarms of the user that roll back",
    r"arn:aws:logs:.+:log-group:/aws/sagemaker/[^*]+:\*": "the streams of a group",
    r"arn:aws:sagemaker:.+:(processing|training)-job/pipelines-\*": "SageMaker makes up the names",
    r"arn:aws:sagemaker:.+:model-package/{project}-\*": "SageMaker numbers the versions",
    r"arn:aws:ec2:.+:(network-interface|security-group|subnet)/\*": "of the user's network",
    r"arn:aws:ecr:\*:[^:]+:repository/[^*]+": "AWS's image, of any region",
}
# Why these are, where a tag tells whose something is: a condition has to ask for it, or nothing else is allowed.
TAGGED = {
    r"arn:aws:sagemaker:.+:hyper-parameter-tuning-job/\*": "32 characters hold no project",
    r"arn:aws:sagemaker:.+:(processing|training)-job/\*": "those that a tuning job or SageMaker Pipelines started",
    r"arn:aws:sagemaker:.+:(transform-job|endpoint)/\*": "cleanup asks each for its tags",
}
KINDS = ["TrainingJob", "ProcessingJob"]
JOBS = [*KINDS, "TransformJob", "HyperParameterTuningJob"]
CONTEXT = {
    "iam:PassedToService": "sagemaker.amazonaws.com",
    "iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com",
    "kms:GrantIsForAWSResource": "true",
    "application-autoscaling:service-namespace": "sagemaker",
    "cloudwatch:namespace": "/aws/sagemaker/TrainingJobs",
}
SETTINGS = [
    'tuning.ranges={"seed": {"values": [1, 2]}}',
    "tuning.objective=validation:score",
    'deployment.autoscaling={"least": 1, "most": 2, "invocations_per_minute": 100}',
]
NAMES = """
import json, sys
from pathlib import Path
from sagemaker_jobs.requests import endpoint
from utils.config_reader import read
config = read(Path("configs/dev.yml"))
names = {"endpoint": endpoint.name(config)}
if Path("sagemaker_jobs/requests/scaling.py").exists():
    from sagemaker_jobs.requests import scaling
    names["alarm"] = scaling.first_instance(endpoint.name(config))
if Path("sagemaker_jobs/definition.py").exists():
    from sagemaker_jobs import definition
    names["pipeline"] = definition.name(config)
print(json.dumps(names))
"""


@cache
def methods() -> dict[str, set[str]]:
    """Give the clients that have a method, by its name."""
    session, found = botocore.session.get_session(), {}
    for client in CLIENTS:
        for operation in session.get_service_model(client).operation_names:
            found.setdefault(xform_name(operation), set()).add(client)
    return found


def called(folder: Path) -> set[str]:
    """Name every method of a client that the pipeline's code speaks of, by its name or in a text."""
    words = set()
    for path in (folder / "code" / "pipeline").rglob("*.py"):
        if "emulated" in path.parts or path.name in ("dry_run.py", "shapes.py"):  # which reach no AWS
            continue
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            words.add(getattr(node, "attr", getattr(node, "value", None)))
        if path.name == "kinds.py":  # which puts the names of methods together
            for kind in re.findall(r'Kind\("(\w+)"', text):
                words |= {f"{verb}_{xform_name(kind)}" for verb in ("create", "describe", "stop")}
                words.add(f"list_{xform_name(kind)}s")
        if "create_transfer_manager" in text:
            words |= set(TRANSFERS)
    return {word for word in words if isinstance(word, str) and "_" in word} & methods().keys()


@pytest.fixture(scope="session")
def project(deployed):
    """Write into the configuration what the deployment printed."""
    path = deployed.folder / "code/pipeline/configs/dev.yml"
    path.write_text(path.read_text() + deployed.printed)
    return deployed


def run(project: Deployed, *command: str, **environment: str) -> str:
    folder = project.folder / "code" / "pipeline"
    environment = project.environment | {"PYTHONPATH": str(folder)} | environment
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def asked(project) -> list[tuple[str, dict]]:
    """Give every request of a run that does all that the project can."""
    purpose = project.answers["purpose"]
    batches = [] if purpose == "serve" else ["collection", "preprocess", "training", "evaluation", "tuning"]
    batches += [] if purpose == "train" else ["inference", "deployment"]
    batches.append("cleanup")
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/"
    return requests(run(project, "-m", "batches", "--dry-run", *batches, *settings, REGISTRY=registry))


@pytest.fixture(scope="session")
def names(project) -> dict[str, str]:
    """Give what the pipeline calls things whose names stay."""
    return json.loads(run(project, "-c", NAMES))


def of_sagemaker(kind: str, name: str) -> str:
    kind = re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower()
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def needed(project: Deployed, asked: list[tuple[str, dict]], names: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Give for every method what it needs, actions and ARNs, with the names that the pipeline makes."""
    bucket = f"arn:aws:s3:::{project.bucket}"
    lines = project.config
    found: dict[str, list[tuple[str, str]]] = {}
    for method, action in S3.items():
        found[method] = [(action, bucket if action == "s3:ListBucket" else f"{bucket}/{project}/tumour/runs/1/a")]
        found[method] += [(action, lines["kms_key"]) for action in ("kms:Decrypt", "kms:GenerateDataKey")]
    for name in LISTS:
        found[xform_name(name)] = [(f"sagemaker:{name}", "*")]
    made = {
        "Endpoint": names["endpoint"],
        "Pipeline": names.get("pipeline", ""),
        "PipelineExecution": names.get("pipeline", ""),
        "ModelPackageGroup": names.get("pipeline", ""),
    }
    for operation, request in asked:
        kind = operation.removeprefix("Create")
        if f"{kind}Name" in request and operation.startswith("Create"):
            made[kind] = request[f"{kind}Name"]
    for kind, name in made.items():
        arn = of_sagemaker(kind.removesuffix("Execution"), name)
        for verb in ("Create", "Describe", "Stop", "Update", "Delete", "Start", "Invoke"):
            found[xform_name(verb + kind)] = [(f"sagemaker:{verb}{kind}", arn)]
        found[xform_name(f"Create{kind}")] += [("sagemaker:AddTags", arn)]
    for kind in ("Endpoint", "EndpointConfig", "Model", "Pipeline", *JOBS):
        found.setdefault(xform_name(f"Create{kind}"), []).append(("iam:PassRole", lines["role"]))
        for action in ("kms:CreateGrant", "kms:DescribeKey"):
            found[xform_name(f"Create{kind}")].append((action, lines["kms_key"]))
    endpoint = of_sagemaker("Endpoint", names["endpoint"])
    configuration = of_sagemaker("EndpointConfig", made.get("EndpointConfig", ""))
    found["create_endpoint"].append(("sagemaker:CreateEndpoint", configuration))  # which AWS wants of both
    found["update_endpoint"].append(("sagemaker:UpdateEndpoint", configuration))
    found["invoke_endpoint_async"] = [("sagemaker:InvokeEndpointAsync", endpoint)]
    found["invoke_endpoint_with_response_stream"] = [("sagemaker:InvokeEndpointWithResponseStream", endpoint)]
    found["add_tags"] = [("sagemaker:AddTags", endpoint)]
    listed = []
    if "pipeline" in names:
        listed += [of_sagemaker(kind, names["pipeline"]) for kind in ("Pipeline", "ModelPackageGroup")]
    if project.answers["purpose"] != "train":
        listed += [configuration, *(of_sagemaker(kind, "of-others") for kind in ("Endpoint", *JOBS))]
    found["list_tags"] = [("sagemaker:ListTags", arn) for arn in listed]
    for name in ("ProcessingJob", "TrainingJob"):  # which SageMaker Pipelines or a tuning job has named
        made_by_sagemaker = (f"sagemaker:Describe{name}", of_sagemaker(name, "of-sagemaker"))
        found.setdefault(f"describe_{xform_name(name)}", []).append(made_by_sagemaker)
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
    for name in ("PutMetricAlarm", "DescribeAlarms", "DeleteAlarms"):
        found[xform_name(name)] = [(f"cloudwatch:{name}", alarm + names.get("alarm", ""))]
    target = f"arn:aws:application-autoscaling:{REGION}:{ACCOUNT}:scalable-target/0123"
    for name in ("RegisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy", "DeregisterScalableTarget"):
        found[xform_name(name)] = [(f"application-autoscaling:{name}", target)]
    found["register_scalable_target"] += [
        ("iam:CreateServiceLinkedRole", service_role()),
        ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
    ]
    found["put_scaling_policy"] += [
        (
            "cloudwatch:PutMetricAlarm",
            f"{alarm}TargetTracking-endpoint/{names['endpoint']}/variant/AllTraffic-AlarmHigh-1",
        )
    ]
    for name in ("DescribeScalableTargets", "DescribeScalingPolicies"):
        found[xform_name(name)] = [(f"application-autoscaling:{name}", "*")]
    for kind in made:
        if kind in ("TrainingJob", "ProcessingJob", "TransformJob"):
            stream = logs(f"{kind}s", made[kind])
            found.setdefault("describe_log_streams", []).append(("logs:DescribeLogStreams", stream))
            found.setdefault("get_log_events", []).append(("logs:GetLogEvents", stream))
    return found


def service_role() -> str:
    name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    return f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/{name}"


def logs(group: str, stream: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/{group}:log-stream:{stream}/algo-1"


def tagged(project: str) -> dict[str, str]:
    return CONTEXT | {"aws:RequestTag/project": project, "aws:ResourceTag/project": project}


def never_called(project: Deployed) -> set[str]:
    """Name the methods of which the code of a project speaks, and which a project of its purpose never calls."""
    words = {
        "train": r"endpoint|model$|(create|describe|stop)_transform|alarm|scal|^add_tags$",
        "serve": r"(create|describe|stop)_(training|processing|hyper)",
    }
    unused = words.get(project.answers["purpose"], r"$^")
    return {name for name in methods() if re.search(unused, name) and "package" not in name}


def test_the_pipeline_may_do_whatever_it_asks_for(project, asked, names):
    found, readme = needed(project, asked, names), (project.folder / "infrastructure/README.md").read_text()
    missing = []
    for method in called(project.folder) - never_called(project):
        if method in SOURCES:
            assert f"`{SOURCES[method]}`" in readme
            continue
        assert found.get(method), f"{method}: what it needs is not in this test"
        missing += [
            (method, *need)
            for need in found[method]
            if not allows(project.allowed["pipeline"], *need, tagged(str(project)))
        ]
    assert missing == []


def test_every_method_belongs_to_one_client(project):
    of_several = {name: methods()[name] for name in called(project.folder) if len(methods()[name]) > 1}
    assert of_several.items() <= {"get_query_results": {"athena", "logs"}}.items()  # Athena's, not CloudWatch's


def test_every_request_of_a_run_is_of_a_method_that_was_found(project, asked):
    assert {xform_name(operation) for operation, _ in asked} <= called(project.folder)
    assert len(asked) > 3


def test_the_jobs_may_do_what_they_are_asked_for(project, asked, names):
    role, key = project.allowed["jobs"], project.config["kms_key"]
    needs = [("ecr:GetAuthorizationToken", "*"), ("cloudwatch:PutMetricData", "*")]
    needs += [(f"kms:{name}", key) for name in ("Decrypt", "Encrypt", "GenerateDataKey", "CreateGrant", "DescribeKey")]
    for operation, request in asked:
        for uri in s3_uris(request):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            needs.append(("s3:ListBucket", f"arn:aws:s3:::{bucket}"))
            needs += [(f"s3:{name}Object", f"arn:aws:s3:::{bucket}/{key}/a") for name in ("Get", "Put")]
        for image in {text for text in texts_in(request) if ".dkr.ecr." in text}:
            arn = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{image.partition('/')[2].partition(':')[0]}"
            needs += [
                (f"ecr:{name}", arn)
                for name in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
            ]
        kind = operation.removeprefix("Create")
        group = {"Endpoint": f"Endpoints/{names['endpoint']}", "HyperParameterTuningJob": "TrainingJobs"}.get(
            kind, f"{kind}s"
        )
        if kind == "Endpoint" or (operation.startswith("Create") and kind.endswith("Job")):
            needs += [(f"logs:{name}", logs(group, "x")) for name in ("CreateLogGroup", "CreateLogStream")]
            needs += [(f"logs:{name}", logs(group, "x")) for name in ("DescribeLogStreams", "PutLogEvents")]
    assert any(action.startswith("ecr:Batch") for action, _ in needs)
    assert [need for need in needs if not allows(role, *need, CONTEXT)] == []


def test_who_pushes_may_do_what_push_sh_asks_for(project):
    script = (project.folder / "scripts/docker/container/push.sh").read_text()
    verbs = set(re.findall(r"aws ecr ([a-z-]+)", script))
    assert {"get-login-password", "describe-images", "create-repository"} < verbs
    actions = {"".join(word.capitalize() for word in verb.split("-")) for verb in verbs}
    actions -= {"GetLoginPassword", "CreateRepository", "PutLifecyclePolicy"}  # the stacks have made the repositories
    pushed = {
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    }
    assert allows(project.allowed["push"], "ecr:GetAuthorizationToken", "*", {})
    for repository in project.repositories:
        arn = repository["repositoryArn"]
        assert [name for name in actions | pushed if not allows(project.allowed["push"], f"ecr:{name}", arn, {})] == []


def test_who_builds_may_pull_the_image_of_aws_that_is_extended(project):
    dockerfile = (project.folder / "scripts/docker/container/Dockerfile").read_text()
    base = re.search(r"^ARG BASE_IMAGE=(\d+)\.dkr\.ecr\.([\w-]+)\.amazonaws\.com/([\w-]+):", dockerfile, re.MULTILINE)
    assert (base is not None) == (project.answers["pattern"] == "extend_aws_image")
    if base:
        arn = f"arn:aws:ecr:{base[2]}:{base[1]}:repository/{base[3]}"
        for name in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
            assert allows(project.allowed["push"], f"ecr:{name}", arn, {})


def check_stars(statements: list[dict], project: str) -> None:
    """Fail where a * stands for what has a name, or for an action that AWS does not have."""
    for statement in statements:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            assert "*" not in action
            resources = known_resources(action)  # raises where there is no such action
            if "*" in listed(statement["Resource"]):
                assert FOR_ALL[action]
                assert not resources or "Condition" in statement
        asks_tag = re.search(r"'aws:(Request|Resource)Tag/project': '(\S+)'", str(statement.get("Condition")))
        by_tag = (asks_tag and asks_tag[2] == project) or listed(statement["Action"]) == ["sagemaker:ListTags"]
        for resource in listed(statement["Resource"]):
            patterns = [pattern.format(project=project) for pattern in STARS] + (list(TAGGED) if by_tag else [])
            assert "*" not in resource or resource == "*" or any(re.fullmatch(one, resource) for one in patterns)


def test_the_log_of_the_endpoint_is_kept_for_a_time(project, names):
    if project.answers["purpose"] != "train":
        assert {"/aws/sagemaker/Endpoints/" + names["endpoint"]: 90}.items() <= project.kept_days.items()


@pytest.mark.parametrize("role", ["pipeline", "jobs", "push"])
def test_a_star_stands_only_for_what_has_no_name(project, role):
    check_stars(project.allowed[role], str(project))


def more(project: str) -> list[tuple[str, str]]:
    """Give what jobs need in a VPC, and to start jobs themselves."""
    needs = [
        (f"sagemaker:{verb}{kind}", of_sagemaker(kind, "pipelines-0123-training-a"))
        for verb in ("Create", "Describe", "Stop")
        for kind in KINDS
    ]
    needs.append(("sagemaker:CreateModelPackage", of_sagemaker("ModelPackage", f"{project}-tumour-dev/1")))
    needs.append(("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/{project}-dev-sagemaker"))
    interface = f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/*"
    for what in ("", "Permission"):
        needs += [(f"ec2:{verb}NetworkInterface{what}", interface) for verb in ("Create", "Delete")]
    described = ("NetworkInterfaces", "Subnets", "SecurityGroups", "Vpcs", "DhcpOptions")
    return needs + [(f"ec2:Describe{what}", "*") for what in described]


def test_jobs_get_more_when_they_are_told_to(stacks_of):
    stacks = stacks_of()
    stacks.deploy("dev", EMAIL, "Network=vpc", "SageMakerPipelines=used")
    role = stacks.statements("churn-dev-sagemaker")
    check_stars(role, "churn")
    assert [need for need in more("churn") if not allows(role, *need, tagged("churn"))] == []


def test_jobs_get_no_more_otherwise(project):
    own = tagged(str(project))
    assert [need for need in more(str(project)) if allows(project.allowed["jobs"], *need, own)] == []


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::other-dev-sagemaker/a"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
        ("sagemaker:StopTrainingJob", of_sagemaker("TrainingJob", "other-1")),
        ("sagemaker:DescribeTrainingJob", of_sagemaker("TrainingJob", "other-1")),
        ("sagemaker:StopHyperParameterTuningJob", of_sagemaker("HyperParameterTuningJob", "other-1")),
        ("sagemaker:DeleteEndpoint", of_sagemaker("Endpoint", "other")),
        ("sagemaker:DeleteEndpoint", of_sagemaker("Endpoint", "{project}-tumour-prod")),
        ("sagemaker:InvokeEndpoint", of_sagemaker("Endpoint", "other")),
        ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"),
        ("kms:CreateGrant", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"),
        ("ecr:BatchGetImage", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/other"),
    ],
)
def test_what_is_others_is_left_to_them(project, action, resource):
    for role in project.allowed.values():
        assert not allows(role, action, resource.format(project=project), tagged("other"))


def test_jobs_start_no_jobs(project):
    arn = of_sagemaker("TrainingJob", f"{project}-1")
    assert not allows(project.allowed["jobs"], "sagemaker:CreateTrainingJob", arn, tagged(str(project)))
    assert not allows(project.allowed["jobs"], "iam:PassRole", project.config["role"], CONTEXT)


@pytest.mark.parametrize("role", ["pipeline", "jobs", "push"])
def test_the_policies_are_no_longer_than_iam_takes(project, role):
    assert len(re.sub(r"\s", "", json.dumps(project.allowed[role]))) < 10240 - 500  # of all inline policies together
