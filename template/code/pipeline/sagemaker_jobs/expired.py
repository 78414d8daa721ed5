"""The endpoints of this project: what each costs an hour, whose it is, and whether its time is over."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from utils.aws.errors import NotThere

from . import listing, prices, tags
from .faults import Faults
from .settings import Config


@dataclass(frozen=True)
class Running:
    """An endpoint.

    Attributes:
        name: the endpoint's.
        configuration: its configuration's name.
        status: such as InService.
        machines: what it runs on, in words.
        hourly: US dollars while nobody asks it anything; None where that is unknown.
        owner: who answers for it.
        expires: when its time is over; None where no tag says.
    """

    name: str
    configuration: str
    status: str
    machines: str
    hourly: float | None
    owner: str
    expires: datetime | None

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= datetime.now(UTC)


def running(sagemaker: Any, config: Config, faults: Faults) -> list[Running]:
    """List the endpoints that have the tags of this project and environment, whatever their state.

    Args:
        sagemaker: boto3's client.
        config: the environment's.
        faults: get what keeps from looking at one of them.
    """
    found = []
    for summary in listing.every(sagemaker.list_endpoints, "Endpoints"):
        with faults.told(f"endpoint {summary['EndpointName']}"):
            own = tags.of_arn(sagemaker, summary["EndpointArn"])
            if tags.is_ours(config, own):
                found.append(_described(sagemaker, summary["EndpointName"], own))
    return sorted(found, key=lambda endpoint: endpoint.name)


def delete_configuration(sagemaker: Any, config: Config, name: str) -> bool:
    """Delete a configuration that an endpoint has no longer, and its models; the artefacts in S3 stay.

    One that has not the tags of this project and environment was made by somebody else, and stays.

    Returns:
        Whether it is gone.
    """
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    except NotThere:
        return True
    if not tags.is_ours(config, tags.of_arn(sagemaker, described["EndpointConfigArn"])):
        return False
    with suppress(NotThere):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    for model in [one["ModelName"] for one in described["ProductionVariants"] if "ModelName" in one]:
        with suppress(NotThere):
            sagemaker.delete_model(ModelName=model)
    return True


def _described(sagemaker: Any, name: str, own: dict[str, str]) -> Running:
    described = sagemaker.describe_endpoint(EndpointName=name)
    variants = _variants(sagemaker, described["EndpointConfigName"])
    now = {one["VariantName"]: one.get("CurrentInstanceCount") for one in described.get("ProductionVariants", [])}
    counts = {name: now.get(name, one.get("InitialInstanceCount", 1)) or 0 for name, one in variants.items()}
    costs = [prices.table().of_variant(one, counts[name]) for name, one in variants.items()]
    return Running(
        name=name,
        configuration=described["EndpointConfigName"],
        status=described["EndpointStatus"],
        machines=", ".join(_machines(one, counts[name]) for name, one in variants.items()) or "unknown",
        hourly=sum(costs) if costs and None not in costs else None,
        owner=own.get(tags.OWNER, "unknown"),
        expires=_time(own.get(tags.EXPIRES, "")),
    )


def _variants(sagemaker: Any, configuration: str) -> dict[str, dict[str, Any]]:
    """Give the variants of a configuration by name; none where someone has deleted it."""
    try:
        described = sagemaker.describe_endpoint_config(EndpointConfigName=configuration)
    except NotThere:
        return {}
    return {variant["VariantName"]: variant for variant in described["ProductionVariants"]}


def _machines(variant: dict[str, Any], count: int) -> str:
    return "serverless" if "ServerlessConfig" in variant else f"{count} x {variant.get('InstanceType', 'unknown')}"


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
