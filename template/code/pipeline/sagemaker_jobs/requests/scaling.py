"""Requests to Application Auto Scaling, which changes how many instances an endpoint has, and to CloudWatch."""

from .. import shapes
from ..settings import Config
from .endpoint import VARIANT, name
from .parts import Request

BACKLOG = "ApproximateBacklogSizePerInstance"
QUIET_SECONDS = 300  # without work for an instance, before it goes


def target(config: Config) -> Request:
    """Give the request that registers how few and how many instances there may be."""
    settings = config.deployment.autoscaling
    return {**place(config), "MinCapacity": settings.least, "MaxCapacity": settings.most}


def again(operation: str, described: Request, service: str = "application-autoscaling") -> Request:
    """Give the request that makes once more what AWS describes, without the role, which is the service's own."""
    members = shapes.operation(operation, service).input_shape.members
    return {key: value for key, value in described.items() if key in members and key != "RoleARN"}


def place(config: Config) -> Request:
    """Give what the requests on one endpoint have in common."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name(config)}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def policy(config: Config) -> Request:
    """Give the policy that holds the invocations of an instance, or what waits for it, at what the settings say."""
    tracked: Request = {
        "TargetValue": config.deployment.autoscaling.invocations_per_minute,
        "ScaleInCooldown": QUIET_SECONDS,
        "ScaleOutCooldown": 60,
    }
    if config.deployment.kind == "asynchronous":  # its invocations wait in a queue
        metric = {"MetricName": BACKLOG, "Namespace": "AWS/SageMaker", "Statistic": "Average"}
        dimensions = [{"Name": "EndpointName", "Value": name(config)}]
        tracked["CustomizedMetricSpecification"] = {**metric, "Dimensions": dimensions}
    else:
        predefined = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
        tracked["PredefinedMetricSpecification"] = predefined
    return {
        "PolicyName": f"{name(config)}-invocations",
        **place(config),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": tracked,
    }


def first_instance(endpoint: str) -> str:
    """Name the policy, and the alarm, that bring an endpoint without instances its first."""
    return f"{endpoint}-first-instance"


def policy_from_none(config: Config) -> Request:
    """Give the policy that adds the first instance; the other one waits until its whole target is queued."""
    step = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}
    return {
        "PolicyName": first_instance(name(config)),
        **place(config),
        "PolicyType": "StepScaling",
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": QUIET_SECONDS,
            "StepAdjustments": [step],
        },
    }


def alarm_from_none(config: Config, policy_arn: str) -> Request:
    """Give the alarm that calls for the first instance: something waits, and nothing serves it."""
    return {
        "AlarmName": first_instance(name(config)),
        "AlarmDescription": f"requests wait, and endpoint {name(config)} has no instance",
        "Namespace": "AWS/SageMaker",
        "MetricName": "HasBacklogWithoutCapacity",
        "Dimensions": [{"Name": "EndpointName", "Value": name(config)}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "missing",
        "AlarmActions": [policy_arn],
    }
