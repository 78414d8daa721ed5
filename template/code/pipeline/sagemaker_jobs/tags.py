"""Tags by which what runs, and what it costs, is found again."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from . import listing
from .runs import Run
from .settings import Config

OWNER, EXPIRES = "owner", "expires-at"
Tags = list[dict[str, str]]


def of(config: Config, run: Run) -> Tags:
    """Give the tags of a job, a model or an endpoint's configuration: the environment's own, then the pipeline's."""
    return _listed(config, {"run": run.name})


def of_project(config: Config) -> Tags:
    """Give the tags of what outlives a run."""
    return _listed(config, {})


def of_endpoint(config: Config, run: Run) -> Tags:
    """Give the tags of an endpoint, which costs until someone deletes it: who answers for it, and until when."""
    expires = datetime.now(UTC) + timedelta(hours=config.deployment.expires_after_hours)
    end = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _listed(config, {"run": run.name, OWNER: config.owner, EXPIRES: end})


def of_arn(sagemaker: Any, arn: str) -> dict[str, str]:
    """Ask boto3's client for the tags of something, as values by their keys."""
    return values(listing.every(sagemaker.list_tags, "Tags", ResourceArn=arn))


def values(tags: Iterable[dict[str, str]]) -> dict[str, str]:
    """Give tags as values by their keys."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def is_ours(config: Config, own: dict[str, str]) -> bool:
    """Tell whether these are the tags of something of this project and environment."""
    return own.items() >= {"project": config.project, "environment": config.environment}.items()


def whose(own: dict[str, str]) -> str:
    """Tell by its tags whose something is."""
    named = [f"{key} {own[key]}" for key in ("project", "model", "environment", OWNER) if key in own]
    return ", ".join(named) or "nobody that its tags name"


def _listed(config: Config, more: dict[str, str]) -> Tags:
    """Give each key once, as SageMaker wants it; the pipeline's own values come before the environment's."""
    ours = {"project": config.project, "model": config.model, "environment": config.environment}
    return [{"Key": key, "Value": value} for key, value in (config.tags | ours | more).items()]
