"""Deployment: an endpoint for the run's model, made or updated without a break, and one request to see it answer."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sagemaker_jobs import expired, tags
from sagemaker_jobs.following import JobFailed
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.requests import endpoint
from sagemaker_jobs.runs import Step
from utils.aws.errors import AlreadyThere, NotThere
from utils.config_reader import ConfigError

from .. import artefact
from ..context import Context
from . import sample, scale

RETRIES = 5
PAUSE = 3.0  # seconds between two


def run(context: Context) -> Step:
    """Deploy the model; the step's job is the endpoint, its output the answer to the sample.

    What an update has replaced is deleted once the new model has answered; what was rolled back, at once.

    Raises:
        ConfigError: there is no model or no sample, or the endpoint is somebody else's, or cannot be updated at the
            moment.
        JobFailed: the endpoint does not come up, or SageMaker rolled the update back.
    """
    config, sagemaker = context.config, context.backend.sagemaker
    rows = sample.rows(config)
    uri = artefact.of(context)
    before = _there_already(context)
    model = endpoint.model(config, context.run, "deployment", uri)
    configuration = endpoint.configuration(config, context.run, model["ModelName"])
    if config.deployment.kind == "multi-model":
        _add_to_models(context, uri)
    with suppress(AlreadyThere):  # here and below: asked a second time, where the first answer was lost
        sagemaker.create_model(**model)
    _ask(sagemaker.create_endpoint_config, configuration)
    _put(context, before, configuration["EndpointConfigName"])
    answer = context.run.uri("deployment", "answer.csv")
    try:
        scale.by_load(context)
        context.backend.stored.write(answer, sample.ask(context, rows))
    except BaseException:
        if before:
            _tell_way_back(context, before["EndpointConfigName"])
        raise
    if before:
        _delete(context, before["EndpointConfigName"])
    return Step("deployment", endpoint.name(config), outputs={"answer": answer})


def _there_already(context: Context) -> dict[str, Any] | None:
    """Describe the endpoint, if there is one.

    Raises:
        ConfigError: it is not of this project and environment, or in a state in which SageMaker updates none.
    """
    name = endpoint.name(context.config)
    try:
        described = context.backend.sagemaker.describe_endpoint(EndpointName=name)
    except NotThere:
        return None
    own = tags.of_arn(context.backend.sagemaker, described["EndpointArn"])
    if not tags.is_ours(context.config, own):
        raise ConfigError(f"endpoint {name} is of {tags.whose(own)}; accepted: another deployment.name")
    if (status := described["EndpointStatus"]) != "InService":
        delete = f"aws sagemaker delete-endpoint --endpoint-name {name}"
        hint = f"after `{delete}`" if status == "Failed" else "once it is InService"
        raise ConfigError(f"endpoint {name} is {status}; accepted: a deployment {hint}")
    return described


def _put(context: Context, before: dict[str, Any] | None, configured: str) -> None:
    """Have the endpoint serve what is configured; as it was before, an error leaves it."""
    config, sagemaker = context.config, context.backend.sagemaker
    if not before:
        _ask(sagemaker.create_endpoint, endpoint.create(config, context.run, configured))
        _serving(context, configured)
        return
    with scale.released(context, before["EndpointConfigName"]):
        _ask(sagemaker.update_endpoint, endpoint.update(config, configured))
        described = _serving(context, configured)
    sagemaker.add_tags(ResourceArn=described["EndpointArn"], Tags=tags.of_endpoint(config, context.run))


def _ask(method: Callable[..., Any], request: dict[str, Any]) -> None:
    """Ask for what needs something that was made a moment ago: SageMaker may take a while to see it.

    Raises:
        NotThere: it still does not.
    """
    for retries in range(RETRIES, -1, -1):
        try:
            with suppress(AlreadyThere):
                method(**request)
            return
        except NotThere:
            if not retries:
                raise
        time.sleep(PAUSE)


def _add_to_models(context: Context, uri: str) -> None:
    """Put the artefact where the multi-model endpoint looks for a model by name."""
    with TemporaryDirectory() as folder:
        packed = Path(folder, "model.tar.gz")
        context.backend.stored.download(uri, packed)
        context.backend.stored.upload(packed, endpoint.models(context.config) + sample.target(context))


def _tell_way_back(context: Context, configured: str) -> None:
    where = f"--endpoint-name {endpoint.name(context.config)} --endpoint-config-name {configured}"
    line = f"what served before is kept; back to it: aws sagemaker update-endpoint {where}"
    context.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _delete(context: Context, configured: str) -> None:
    """Delete a configuration and its model that nothing serves any more; a role may be allowed to keep them only."""
    try:
        expired.delete_configuration(context.backend.sagemaker, context.config, configured)
    except ConfigError as error:
        context.console.print(f"configuration {configured} and its model stay: {error}", markup=False, highlight=False)


def _serving(context: Context, configured: str) -> dict[str, Any]:
    """Wait until the endpoint serves what was configured.

    Raises:
        JobFailed: it does not, or serves what it did before.
    """
    name = endpoint.name(context.config)
    described = context.follower.follow("Endpoint", name)
    if described["EndpointConfigName"] != configured:
        _delete(context, configured)
        unknown = "an alarm went off, the new instances did not come up, or another deployment came between"
        cause = described.get("FailureReason", unknown)
        raise JobFailed(KINDS["Endpoint"], name, "Failed", f"the update was rolled back: {cause}", [])
    return described
