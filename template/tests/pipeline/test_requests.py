"""Each request of what predicts, whatever the settings, has the shape that AWS takes, and says what they say."""

import pytest
from settings import KEY, MACHINES, NETWORK, assert_right, config, run

from sagemaker_jobs.emulated.store import FolderStore
from sagemaker_jobs.requests import endpoint, parts, scaling, transform
from sagemaker_jobs.runs import Run
from sagemaker_jobs.tags import values
from utils.config_reader import ConfigError

SCALED = {"least": 1, "most": 3, "invocations_per_minute": 100}


def test_a_key_for_volumes_is_left_out_where_the_disks_are_the_instances_own():
    for instance_type in ("ml.g5.xlarge", "ml.m5d.large", "ml.p4d.24xlarge", "ml.g4dn.xlarge", "ml.trn1.2xlarge"):
        assert parts.volume_key(config(kms_key=KEY), instance_type) == {}
    for instance_type in ("ml.m5.large", "ml.c5.xlarge", "ml.p3.2xlarge", "ml.m6i.large", "ml.r5.large"):
        assert parts.volume_key(config(kms_key=KEY), instance_type) == {"VolumeKmsKeyId": KEY}


def test_a_transform_job_keeps_the_label_from_the_model_and_puts_it_beside_the_prediction():
    from jsonpath_ng import parse

    one = config()
    request = transform.request(one, run(one), "a-model", "s3://b/rows/")
    filters = request["DataProcessing"]

    def part(path, row):
        return [found.value for found in parse(path).find(row)]

    assert part(filters["InputFilter"], ["5.1", "3.5", "apple"]) == ["5.1", "3.5"]
    assert part(filters["OutputFilter"], ["5.1", "3.5", "apple", "pear"]) == ["apple", "pear"]
    assert filters["JoinSource"] == "Input"
    assert request["TransformInput"]["SplitType"] == request["TransformOutput"]["AssembleWith"] == "Line"


KINDS = ["real-time", "serverless", "asynchronous", "multi-model"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("machines", MACHINES)
def test_endpoints_of_every_kind(kind, machines):
    if kind == "serverless":
        machines = {key: value for key, value in machines.items() if key != "network"}
    one = config(deployment={"kind": kind, "environment": {"A": "1"}}, **machines)
    model = endpoint.model(one, run(one), "deployment", "s3://b/model.tar.gz")
    configuration = endpoint.configuration(one, run(one), model["ModelName"])
    assert_right("CreateModel", model)
    assert_right("CreateEndpointConfig", configuration)
    assert_right("CreateEndpoint", endpoint.create(one, run(one), configuration["EndpointConfigName"]))
    many = {} if kind == "multi-model" else {"SAGEMAKER_MULTI_MODEL": "false"}
    assert model["PrimaryContainer"]["Environment"] == {"MODEL": "fruits", "A": "1"} | many
    updated = endpoint.update(one, configuration["EndpointConfigName"])
    assert_right("UpdateEndpoint", updated)
    assert ("DeploymentConfig" in updated) == (kind != "serverless")  # which has no guardrails
    [variant] = configuration["ProductionVariants"]
    assert ("ServerlessConfig" in variant) == (kind == "serverless")
    assert ("InstanceType" in variant) == (kind != "serverless")
    assert ("AsyncInferenceConfig" in configuration) == (kind == "asynchronous")


def test_a_multi_model_endpoint_finds_its_models_under_a_prefix():
    one = config(deployment={"kind": "multi-model"})
    container = endpoint.model(one, run(one), "deployment", "s3://b/model.tar.gz")["PrimaryContainer"]
    assert container["Mode"] == "MultiModel"
    assert container["ModelDataUrl"] == "s3://fruit-bucket/team/fruit/fruits/models/"
    for_a_transform = endpoint.model(one, run(one), "inference", "s3://b/model.tar.gz")["PrimaryContainer"]
    assert for_a_transform["ModelDataUrl"] == "s3://b/model.tar.gz"


def test_one_model_is_served_as_one_whatever_the_image_or_the_settings_say():
    many = {"environment": {"SAGEMAKER_MULTI_MODEL": "true"}}
    one = config(inference=many, deployment=many)
    requests = [endpoint.model(one, run(one), batch, "s3://b/m.tar.gz") for batch in ("inference", "deployment")]
    environments = [request["PrimaryContainer"]["Environment"] for request in requests]
    environments.append(transform.request(one, run(one), "a-model", "s3://b/rows/")["Environment"])
    assert {environment["SAGEMAKER_MULTI_MODEL"] for environment in environments} == {"false"}


def test_what_serves_needs_an_image():
    one = config(images={"train": "registry/fruits-train:1"})
    with pytest.raises(ConfigError, match=r"^images\.serve is missing; accepted: the URI of the image that serves$"):
        endpoint.model(one, run(one), "deployment", "s3://b/m.tar.gz")


def test_data_is_captured_on_request():
    one = config(deployment={"data_capture_percent": 20}, kms_key=KEY)
    request = endpoint.configuration(one, run(one), "a-model")
    assert_right("CreateEndpointConfig", request)
    assert request["DataCaptureConfig"]["InitialSamplingPercentage"] == 20
    assert request["DataCaptureConfig"]["KmsKeyId"] == KEY
    assert "DataCaptureConfig" not in endpoint.configuration(config(), run(one), "a-model")


@pytest.mark.parametrize(
    ("shift", "routing"),
    [
        ("all-at-once", {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300}),
        (
            "canary",
            {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 300,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            },
        ),
        (
            "linear",
            {
                "Type": "LINEAR",
                "WaitIntervalInSeconds": 300,
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            },
        ),
    ],
)
def test_an_update_is_blue_green_and_rolled_back_by_alarms(shift, routing):
    one = config(deployment={"traffic_shift": shift, "rollback_alarms": ["errors", "latency"]})
    request = endpoint.update(one, "configured")
    assert_right("UpdateEndpoint", request)
    assert request["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == routing
    assert request["DeploymentConfig"]["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 300
    alarms = request["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert alarms == [{"AlarmName": "errors"}, {"AlarmName": "latency"}]
    assert "AutoRollbackConfiguration" not in endpoint.update(config(), "configured")["DeploymentConfig"]


def test_an_update_keeps_the_instances_that_the_endpoint_was_scaled_to():
    request = endpoint.update(config(deployment={"autoscaling": SCALED}), "configured")
    assert_right("UpdateEndpoint", request)
    assert request["RetainAllVariantProperties"] is True
    assert {"VariantPropertyType": "DesiredInstanceCount"} not in request["ExcludeRetainedVariantProperties"]


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("real-time", "PredefinedMetricSpecification"),
        ("multi-model", "PredefinedMetricSpecification"),
        ("asynchronous", "CustomizedMetricSpecification"),
    ],
)
def test_autoscaling(kind, metric):
    one = config(deployment={"kind": kind, "autoscaling": SCALED})
    service = "application-autoscaling"
    assert_right("RegisterScalableTarget", scaling.target(one), service)
    assert_right("PutScalingPolicy", scaling.policy(one), service)
    assert_right("PutScalingPolicy", scaling.policy_from_none(one), service)
    assert_right("DeregisterScalableTarget", scaling.place(one), service)
    assert_right("PutMetricAlarm", scaling.alarm_from_none(one, "arn:aws:autoscaling:1"), "cloudwatch")
    tracked = scaling.policy(one)["TargetTrackingScalingPolicyConfiguration"]
    assert metric in tracked
    assert tracked["TargetValue"] == 100
    assert scaling.target(one)["ResourceId"] == "endpoint/fruit-shop-fruits-dev/variant/AllTraffic"
    assert (scaling.target(one)["MinCapacity"], scaling.target(one)["MaxCapacity"]) == (1, 3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"deployment": {"kind": "serverless", "data_capture_percent": 5}}, "data_capture_percent is 5"),
        ({"deployment": {"kind": "serverless", "autoscaling": SCALED}}, "deployment.autoscaling is set"),
        ({"deployment": {"kind": "serverless", "traffic_shift": "linear"}}, "traffic_shift is 'linear'"),
        ({"deployment": {"kind": "serverless", "rollback_alarms": ["errors"]}}, "rollback_alarms is set"),
        ({"deployment": {"kind": "serverless", "instance_type": "ml.g5.xlarge"}}, "instance_type is set"),
        ({"deployment": {"kind": "serverless", "instance_count": 2}}, "instance_count is set"),
        (
            {"deployment": {"autoscaling": SCALED | {"least": 0}}},
            "autoscaling.least is 0; accepted with kind real-time",
        ),
        ({"deployment": {"autoscaling": SCALED | {"least": 4}}}, "autoscaling.least is 4"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(settings, words):
    one = config(**settings)
    with pytest.raises(ConfigError, match=words):
        endpoint.configuration(one, run(one), "a-model")


def test_a_serverless_endpoint_is_never_put_outside_the_network_silently():
    one = config(deployment={"kind": "serverless"}, network=NETWORK)
    with pytest.raises(ConfigError, match="network is set"):
        endpoint.model(one, run(one), "deployment", "s3://b/model.tar.gz")
    endpoint.model(one, run(one), "inference", "s3://b/model.tar.gz")  # a transform job is in it


def test_tags_say_whose_it_is_and_of_an_endpoint_until_when():
    one = config(owner="mori", tags={"cost-centre": "7"}, deployment={"expires_after_hours": 2})
    named = {"project": "fruit-shop", "model": "fruits", "environment": "dev", "run": "20260102-030405-abcd"}
    for request in (
        transform.request(one, run(one), "a-model", "s3://b/"),
        endpoint.model(one, run(one), "deployment", "s3://b/m"),
        endpoint.configuration(one, run(one), "a-model"),
    ):
        assert values(request["Tags"]) == named | {"cost-centre": "7"}
    tags = values(endpoint.create(one, run(one), "configured")["Tags"])
    assert tags["owner"] == "mori"
    assert tags["expires-at"].endswith("Z")
    assert len(tags["expires-at"]) == len("2026-01-02T03:04:05Z")


def test_no_tag_is_there_twice_and_the_pipelines_own_come_first():
    theirs = {key: "theirs" for key in ("project", "model", "environment", "run", "owner", "expires-at", "team")}
    one = config(owner="mori", tags=theirs)
    for request in (endpoint.create(one, run(one), "configured"), endpoint.configuration(one, run(one), "a-model")):
        keys = [tag["Key"] for tag in request["Tags"]]
        assert sorted(keys) == sorted(theirs)
    tags = values(endpoint.create(one, run(one), "configured")["Tags"])
    assert [key for key, value in tags.items() if value == "theirs"] == ["team"]


def test_the_names_of_jobs_are_never_the_same():
    one = config(project="a" * 40, model="b" * 40)
    names = {transform.request(one, run(one), "a-model", "s3://b/")["TransformJobName"] for _ in range(20)}
    assert len(names) == 20
    assert max(map(len, names)) <= 63


@pytest.mark.parametrize(
    ("project", "environment", "name"),
    [
        ("fruit_shop", "dev", "fruit-shop-fruits-dev"),
        ("fruit_shop", "prod_eu", "fruit-shop-fruits-prod-eu"),
        ("a" * 80, "dev", "a" * 59 + "-dev"),
        ("a" * 58 + "_b", "dev", "a" * 58 + "-dev"),
    ],
)
def test_an_endpoint_has_a_name_of_its_own_in_each_environment(project, environment, name):
    assert endpoint.name(config(project=project, environment=environment)) == name
    assert endpoint.name(config(environment=environment, deployment={"name": "grader"})) == "grader"


@pytest.mark.parametrize("settings", [{}, {"rows": "s3://b/new/"}])
def test_predictions_of_an_earlier_attempt_are_not_mixed_in(settings, tmp_path):
    one = config(inference=settings)
    attempt = Run(one, FolderStore(tmp_path))
    places = []
    for _ in range(3):
        places.append(transform.request(one, attempt, "a-model", "s3://b/rows/")["TransformOutput"]["S3OutputPath"])
        attempt._stored.write(f"{places[-1]}/rows.csv.out", b"a,b\n")
    assert len(set(places)) == 3
    assert places[0] == attempt.uri("inference", "predictions")
