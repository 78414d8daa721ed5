"""The jobs of this project that run, and what each costs an hour."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import prices, tags
from .faults import Faults
from .kinds import KINDS, Kind
from .settings import Config

JOBS = ("TrainingJob", "ProcessingJob", "TransformJob", "HyperParameterTuningJob")
Description = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A job that runs.

    Attributes:
        name: the job's.
        kind: of which kind it is.
        machines: what it runs on, in words; those of a tuning job are its training jobs', which are listed too.
        hourly: US dollars, of spot instances those of others; None where that is unknown.
        since: when it was asked for.
    """

    name: str
    kind: Kind
    machines: str
    hourly: float | None
    since: datetime


def running(sagemaker: Any, config: Config, faults: Faults) -> list[Job]:
    """List the jobs under way that have the tags of this project and environment, the oldest of a kind first.

    Args:
        sagemaker: boto3's client.
        config: the environment's.
        faults: get what keeps from looking at one of them, or at a kind.
    """
    found = []
    for kind in (KINDS[name] for name in JOBS):
        with faults.told(f"{kind.noun}s"):
            for listed in kind.list(sagemaker, StatusEquals="InProgress", SortBy="CreationTime", SortOrder="Ascending"):
                with faults.told(f"{kind.noun} {listed[f'{kind.name}Name']}"):
                    if tags.is_ours(config, tags.of_arn(sagemaker, listed[f"{kind.name}Arn"])):
                        found.append(_described(sagemaker, kind, listed))
    return found


def _described(sagemaker: Any, kind: Kind, listed: Description) -> Job:
    name = listed[f"{kind.name}Name"]
    described = kind.describe(sagemaker, name)
    since = listed["CreationTime"].astimezone(UTC)
    if kind.name == "HyperParameterTuningJob":
        return Job(name, kind, "those of its training jobs", 0.0, since)
    groups = _machines(described)
    costs = [prices.table().of_instances(instance_type, count) for instance_type, count in groups]
    words = ", ".join(f"{count} x {instance_type}" for instance_type, count in groups) or "unknown"
    spot = ", spot" if described.get("EnableManagedSpotTraining") else ""
    return Job(name, kind, words + spot, sum(costs) if costs and None not in costs else None, since)


def _machines(described: Description) -> list[tuple[str, int]]:
    """Give instance types, and how many there are of each."""
    where = (
        described.get("ResourceConfig")
        or described.get("TransformResources")
        or described.get("ProcessingResources", {}).get("ClusterConfig", {})
    )
    groups = where.get("InstanceGroups") or [where]
    return [(one["InstanceType"], one["InstanceCount"]) for one in groups if "InstanceType" in one]
