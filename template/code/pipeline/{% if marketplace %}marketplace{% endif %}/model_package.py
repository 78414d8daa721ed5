"""The request of a model package: a fitted model that a buyer predicts with."""

from rich.console import Console

from batches import artefact
from batches.context import Context
from sagemaker_jobs import runs
from sagemaker_jobs.backends import Backend
from sagemaker_jobs.requests.parts import Request
from sagemaker_jobs.settings import Config

from . import inference
from .listing import Listing, name

OPERATION = "CreateModelPackage"


def request(config: Config, listing: Listing, backend: Backend) -> Request:
    """Give the request; its model is the configuration's `artefact`, or else that of the newest run.

    Raises:
        ConfigError: there is no model, or settings are wrong.
    """
    run = runs.Run(config, backend.stored, runs.newest(config, backend.stored))
    context = Context(config, run, backend, follower=None, console=Console(stderr=True))
    return {
        "ModelPackageName": name(config, listing),
        "ModelPackageDescription": listing.description,
        "InferenceSpecification": inference.specification(config, listing, ModelDataUrl=artefact.of(context)),
        "ValidationSpecification": inference.validation(config, listing),
        "CertifyForMarketplace": True,
    }
