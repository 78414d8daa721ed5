"""What an algorithm and a model package say alike: how the model is served, and how SageMaker is to try that."""

from typing import Any

from sagemaker_jobs import ceiling
from sagemaker_jobs.requests import parts
from sagemaker_jobs.requests.parts import Request
from sagemaker_jobs.settings import Config

from .listing import Listing, place

ROWS = "request.csv"  # of the sample data: feature rows without a header
CSV = "text/csv"


def specification(config: Config, listing: Listing, **container: Any) -> Request:
    """Give the InferenceSpecification; further arguments are of its container."""
    return {
        "Containers": [{"Image": parts.serve_image(config), **container}],
        "SupportedTransformInstanceTypes": listing.transform_instance_types,
        "SupportedRealtimeInferenceInstanceTypes": listing.endpoint_instance_types,
        "SupportedContentTypes": listing.content_types,
        "SupportedResponseMIMETypes": listing.response_types,
    }


def validation(config: Config, listing: Listing, **training: Request) -> Request:
    """Give the ValidationSpecification, whose transform job predicts the sample rows.

    Args:
        config: the environment's; its machines of `inference` are used.
        listing: what is listed.
        training: the TrainingJobDefinition that comes before, by this name; none for a model package.

    Raises:
        ConfigError: it is above the ceiling.
    """
    ceiling.check(config, ["inference"])
    folder, settings = place(config, listing), config.inference
    transform = {
        "MaxConcurrentTransforms": 1,
        "MaxPayloadInMB": 6,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"{folder}/rows/{ROWS}"}},
            "ContentType": CSV,
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"{folder}/predictions",
            "Accept": CSV,
            "AssembleWith": "Line",
            **parts.key(config),
        },
        "TransformResources": {
            "InstanceType": settings.instance_type,
            "InstanceCount": 1,
            **parts.volume_key(config, settings.instance_type),
        },
    }
    profile = {"ProfileName": "sample-data", **training, "TransformJobDefinition": transform}
    return {"ValidationRole": config.role, "ValidationProfiles": [profile]}
