"""The stacks that `infrastructure: cloudformation` renders, as moto makes them."""

import json

import pytest
from stacks import ACCOUNT

pytestmark = pytest.mark.xdist_group("aws")


def test_the_repositories_are_as_push_sh_makes_them(deployed):
    names = {
        "both": ["train", "serve"],
        "train": ["train"],
        "serve": ["serve"],
    }[deployed.answers["purpose"]]
    front = f"{deployed}-{deployed.answers['model_name']}"
    combined = deployed.answers["combined_image"] and deployed.answers["purpose"] == "both"
    expected = {front} if combined else {f"{front}-{name}" for name in names}
    assert {one["repositoryName"] for one in deployed.repositories} == expected | {f"{deployed}-pipeline"}
    assert all(one["imageTagMutability"] == "IMMUTABLE" for one in deployed.repositories)
    push = (deployed.folder / "scripts/docker/container/push.sh").read_text()
    assert "--image-tag-mutability IMMUTABLE --image-scanning-configuration scanOnPush=true" in push
    policy = json.loads((deployed.folder / "scripts/docker/container/lifecycle.json").read_text())
    for name in ("account.yml", f"models/{deployed.answers['model_name']}.yml"):
        for one in deployed.template(name)["Resources"].values():
            if one["Type"] == "AWS::ECR::Repository":
                assert json.loads(one["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"]) == policy
                assert one["Properties"]["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_the_logs_are_kept_for_a_time(deployed):
    purpose = deployed.answers["purpose"]
    groups = {f"/aws/sagemaker/{kind}Jobs" for kind in ("Training", "Processing") if purpose != "serve"}
    if purpose != "train":
        groups.add("/aws/sagemaker/TransformJobs")
    kept = {name: days for name, days in deployed.kept_days.items() if not name.startswith("/aws/sagemaker/Endpoints/")}
    assert kept == dict.fromkeys(groups, 90)


def test_the_bucket_is_encrypted_by_a_key_that_is_changed_each_year(deployed):
    (rule,) = deployed.encryption["ServerSideEncryptionConfiguration"]["Rules"]
    key = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": deployed.config["kms_key"]}
    assert rule["ApplyServerSideEncryptionByDefault"] == key
    assert deployed.rotation
    assert deployed.aliases == [f"alias/{deployed}-dev"]


def test_the_bucket_is_nobody_elses(deployed):
    resources = deployed.template("environment.yml")["Resources"]
    bucket = resources["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    statements = resources["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    denied = {(one["Effect"], one["Principal"], one["Action"], str(one["Condition"])) for one in statements}
    assert ("Deny", "*", "s3:*", "{'Bool': {'aws:SecureTransport': 'false'}}") in denied
    assert {one["Effect"] for one in statements} == {"Deny"}


def test_what_holds_data_outlives_its_stack(deployed):
    for path in (deployed.folder / "infrastructure").rglob("*.yml"):
        for resource in deployed.template(path.relative_to(deployed.folder / "infrastructure"))["Resources"].values():
            kept = resource["Type"].split("::")[1] in ("ECR", "S3", "KMS", "Logs")
            if kept and resource["Type"] not in ("AWS::S3::BucketPolicy", "AWS::KMS::Alias"):
                assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
                assert resource["UpdateReplacePolicy"] == "Retain"


def test_the_budget_tells_somebody(deployed):
    budget = deployed.template("environment.yml")["Resources"]["Budget"]["Properties"]
    assert budget["Budget"]["BudgetLimit"] == {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"}
    for notified in budget["NotificationsWithSubscribers"]:
        assert notified["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "Email"}}]


def test_a_role_is_assumed_by_whom_it_is_for_alone(deployed):
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    principals = {"jobs": {"Service": "sagemaker.amazonaws.com"}, "pipeline": account, "push": account}
    assert {role: [one["Principal"] for one in trusted] for role, trusted in deployed.trusted.items()} == {
        role: [principal] for role, principal in principals.items()
    }
    assert deployed.trusted["jobs"][0]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
