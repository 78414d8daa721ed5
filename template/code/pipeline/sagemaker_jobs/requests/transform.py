"""The request of a transform job, which sends rows of S3 through a model as an endpoint would."""

from utils.config_reader import ConfigError

from .. import ceiling, tags
from ..runs import Run
from ..settings import Config, Inference
from . import parts
from .parts import Request

MOST_IN_FLIGHT = 100  # MB


def request(config: Config, run: Run, model_name: str, rows: str) -> Request:
    """Give the request that predicts rows: those of `inference.rows`, or else rows whose last column is the label.

    The model does not get the label; the output has the label and the prediction, a row of CSV each. Of
    `inference.rows` it has the server's answers, on request behind the rows, and of both what the filters name.

    Args:
        config: the environment's.
        run: names the job, and gets the predictions.
        model_name: of a model that was created.
        rows: URI of files without a header.

    Raises:
        ConfigError: it is above the ceiling, or more is in flight than SageMaker takes.
    """
    ceiling.check(config, ["inference"])
    settings = config.inference
    in_flight = settings.max_concurrent_transforms * settings.max_payload_mb
    if in_flight > MOST_IN_FLIGHT:
        accepted = f"a product with inference.max_concurrent_transforms of at most {MOST_IN_FLIGHT}"
        raise ConfigError(f"inference.max_payload_mb is {settings.max_payload_mb}; accepted: {accepted}")
    return {
        "TransformJobName": run.job_name("inference"),
        "ModelName": model_name,
        "BatchStrategy": settings.strategy,
        "MaxConcurrentTransforms": settings.max_concurrent_transforms,
        "MaxPayloadInMB": settings.max_payload_mb,
        "Environment": parts.environment_of_one(config, settings.environment),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}},
            "ContentType": settings.content_type,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": run.free_uri("inference", "predictions"),
            "Accept": settings.content_type,
            "AssembleWith": "Line",
            **parts.key(config),
        },
        "DataProcessing": _filters(settings),
        "TransformResources": {
            "InstanceType": settings.instance_type,
            "InstanceCount": settings.instance_count,
            **parts.volume_key(config, settings.instance_type),
        },
        "Tags": tags.of(config, run),
    }


def _filters(settings: Inference) -> Request:
    if not settings.rows:
        return {"InputFilter": "$[:-1]", "JoinSource": "Input", "OutputFilter": "$[-2,-1]"}
    return {
        "InputFilter": settings.input_filter,
        "JoinSource": "Input" if settings.join else "None",
        "OutputFilter": settings.output_filter,
    }
