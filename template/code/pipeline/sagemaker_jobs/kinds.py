"""The kinds of jobs, and how SageMaker's API calls what they have in common."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import listing

ENDED = {"Completed", "Failed", "Stopped", "InService", "OutOfService", "UpdateRollbackFailed"}


@dataclass(frozen=True)
class Kind:
    """A kind of job, or an endpoint, which is followed until it serves.

    Attributes:
        name: what the API calls it, such as TrainingJob.
        noun: the same in words.
    """

    name: str
    noun: str

    @property
    def _method(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.name).lower()

    def create(self, client: Any, request: dict[str, Any]) -> None:
        """Ask for one."""
        getattr(client, f"create_{self._method}")(**request)

    def describe(self, client: Any, job_name: str) -> dict[str, Any]:
        """Ask for its description."""
        return getattr(client, f"describe_{self._method}")(**{f"{self.name}Name": job_name})

    def command(self, job_name: str, verb: str = "describe") -> str:
        """Give AWS's command that shows it, or stops it."""
        noun = self._method.replace("_", "-")
        return f"aws sagemaker {verb}-{noun} --{noun}-name {job_name}"

    def list(self, client: Any, **request: Any) -> Iterator[dict[str, Any]]:
        """List those that a request asks for; each has name, ARN and status."""
        return listing.every(getattr(client, f"list_{self._method}s"), f"{self.name}Summaries", **request)

    def stop(self, client: Any, job_name: str) -> None:
        """Ask for its end; an endpoint has none of its own."""
        getattr(client, f"stop_{self._method}")(**{f"{self.name}Name": job_name})

    def status(self, description: dict[str, Any]) -> str:
        """Give its status, such as InProgress."""
        return description[f"{self.name}Status"]


KINDS = {
    kind.name: kind
    for kind in (
        Kind("TrainingJob", "training job"),
        Kind("ProcessingJob", "processing job"),
        Kind("TransformJob", "transform job"),
        Kind("HyperParameterTuningJob", "tuning job"),
        Kind("Endpoint", "endpoint"),
    )
}
