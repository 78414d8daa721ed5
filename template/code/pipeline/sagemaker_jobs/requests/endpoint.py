"""Requests that make a model and an endpoint for it, and that put another model behind it without a break."""

from utils.config_reader import ConfigError

from .. import ceiling, tags
from ..runs import Run, home
from ..settings import Config
from . import parts
from .parts import Request

VARIANT = "AllTraffic"
STEP_PERCENT = {"canary": 10, "linear": 20}  # of the capacity, first or at a time
LONGEST_UPDATE = 28800  # seconds
SERVERLESS_LACKS = "which serverless endpoints do not have"


def name(config: Config) -> str:
    """Name the endpoint, which stays the same from one deployment to the next, and is another in each environment."""
    return config.deployment.name or parts.name(config)


def models(config: Config) -> str:
    """Give the URI under which a multi-model endpoint finds its models."""
    return f"{home(config)}/models/"


def model(config: Config, run: Run, batch: str, artefact: str) -> Request:
    """Give the request that makes a model of an artefact, to deploy it or to transform with it.

    Args:
        config: the environment's.
        run: names the model.
        batch: whose settings say the container's environment: deployment or inference.
        artefact: URI of a model.tar.gz; a multi-model endpoint gets all that lie under `models()` instead.

    Raises:
        ConfigError: no image serves, or the endpoint's kind and the configuration contradict one another.
    """
    is_deployed = batch == "deployment"
    is_multi_model = is_deployed and config.deployment.kind == "multi-model"
    if is_deployed and config.deployment.kind == "serverless" and config.network:
        raise ConfigError(f"network is set, {SERVERLESS_LACKS}; accepted: another deployment.kind, or no network")
    environment = parts.environment if is_multi_model else parts.environment_of_one
    container: Request = {
        "Image": parts.serve_image(config),
        "Environment": environment(config, getattr(config, batch).environment),
        "ModelDataUrl": models(config) if is_multi_model else artefact,
    }
    if is_multi_model:
        container |= {"Mode": "MultiModel", "MultiModelConfig": {"ModelCacheSetting": "Enabled"}}
    return {
        "ModelName": run.job_name(batch),
        "ExecutionRoleArn": config.role,
        "PrimaryContainer": container,
        **parts.vpc(config),
        "Tags": tags.of(config, run),
    }


def configuration(config: Config, run: Run, model_name: str) -> Request:
    """Give the request that makes the configuration of an endpoint of any kind.

    Raises:
        ConfigError: it is above the ceiling, or the endpoint's kind and the configuration contradict one another.
    """
    ceiling.check(config, ["deployment"])
    settings = config.deployment
    variant = {"VariantName": VARIANT, "ModelName": model_name, "InitialVariantWeight": 1.0}
    asked: Request = {
        "EndpointConfigName": run.job_name("deployment"),
        "ProductionVariants": [variant],
        "Tags": tags.of(config, run),
    }
    if settings.kind == "serverless":
        _check_serverless(config)
        variant["ServerlessConfig"] = {"MemorySizeInMB": settings.memory_mb, "MaxConcurrency": settings.max_concurrency}
        return asked
    variant |= {"InstanceType": settings.instance_type, "InitialInstanceCount": settings.instance_count}
    asked |= parts.volume_key(config, settings.instance_type, "KmsKeyId")
    if settings.kind == "asynchronous":
        asked["AsyncInferenceConfig"] = _asynchronous(config)
    if settings.autoscaling:
        _check_scaling(config)
    if settings.data_capture_percent:
        asked["DataCaptureConfig"] = _data_capture(config)
    return asked


def create(config: Config, run: Run, configuration_name: str) -> Request:
    """Give the request that makes the endpoint."""
    return {
        "EndpointName": name(config),
        "EndpointConfigName": configuration_name,
        "Tags": tags.of_endpoint(config, run),
    }


def update(config: Config, configuration_name: str) -> Request:
    """Give the request that puts another configuration behind the endpoint, blue/green.

    Where an alarm goes off meanwhile, SageMaker rolls it back. The endpoint keeps the instances that it was scaled to.
    """
    asked = {"EndpointName": name(config), "EndpointConfigName": configuration_name}
    if config.deployment.kind == "serverless":  # SageMaker shifts its traffic by itself, all at once
        return asked
    asked["DeploymentConfig"] = _deployment(config)
    if config.deployment.autoscaling:
        changed = ["DesiredWeight", "DataCaptureConfig"]
        asked["RetainAllVariantProperties"] = True
        asked["ExcludeRetainedVariantProperties"] = [{"VariantPropertyType": one} for one in changed]
    return asked


def _check_serverless(config: Config) -> None:
    settings = config.deployment
    if settings.traffic_shift != "all-at-once":
        given = f"deployment.traffic_shift is {settings.traffic_shift!r}"
        raise ConfigError(f"{given}, {SERVERLESS_LACKS}; accepted: all-at-once, or another kind")
    if settings.data_capture_percent:
        given = f"deployment.data_capture_percent is {settings.data_capture_percent}"
        raise ConfigError(f"{given}, {SERVERLESS_LACKS}; accepted: 0, or another kind")
    for key in ("instance_type", "instance_count", "autoscaling", "rollback_alarms"):
        if key in settings.model_fields_set and getattr(settings, key):
            raise ConfigError(f"deployment.{key} is set, {SERVERLESS_LACKS}; accepted: none, or another kind")


def _check_scaling(config: Config) -> None:
    settings, kind = config.deployment.autoscaling, config.deployment.kind
    if settings.least == 0 and kind != "asynchronous":
        raise ConfigError(f"deployment.autoscaling.least is 0; accepted with kind {kind}: at least 1")
    if settings.least > settings.most:
        given = f"deployment.autoscaling.least is {settings.least}"
        raise ConfigError(f"{given}; accepted: at most its `most`, {settings.most}")


def _asynchronous(config: Config) -> Request:
    folder = f"{home(config)}/asynchronous"
    return {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": config.deployment.max_concurrency},
        "OutputConfig": {
            "S3OutputPath": f"{folder}/answers",
            "S3FailurePath": f"{folder}/failures",
            **parts.key(config),
        },
    }


def _data_capture(config: Config) -> Request:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": config.deployment.data_capture_percent,
        "DestinationS3Uri": f"{home(config)}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json", "application/jsonlines"],
        },
        **parts.key(config),
    }


def _deployment(config: Config) -> Request:
    settings = config.deployment
    shift = settings.traffic_shift
    routing: Request = {"Type": shift.replace("-", "_").upper(), "WaitIntervalInSeconds": settings.bake_seconds}
    if shift != "all-at-once":
        size = {"canary": "CanarySize", "linear": "LinearStepSize"}[shift]
        routing[size] = {"Type": "CAPACITY_PERCENT", "Value": STEP_PERCENT[shift]}
    blue_green = {
        "TrafficRoutingConfiguration": routing,
        # Alarms count until the old instances are gone; without any, these need not wait.
        "TerminationWaitInSeconds": settings.bake_seconds if settings.rollback_alarms else 0,
        "MaximumExecutionTimeoutInSeconds": LONGEST_UPDATE,
    }
    alarms = [{"AlarmName": alarm} for alarm in settings.rollback_alarms]
    rollback = {"AutoRollbackConfiguration": {"Alarms": alarms}} if alarms else {}
    return {"BlueGreenUpdatePolicy": blue_green, **rollback}
