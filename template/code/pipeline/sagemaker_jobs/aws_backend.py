"""SageMaker itself, by boto3; see utils/aws/sagemaker_client.py for why not by its SDK."""

from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.config import Config as Patience

from utils.aws.errors import explained
from utils.aws.s3_client import S3Client

from .job_logs import JobLogs
from .settings import Config

# Adaptive: where many runs share an account, each slows down once SageMaker says that they are too many.
ASKING = Patience(retries={"mode": "adaptive", "total_max_attempts": 10}, connect_timeout=10, read_timeout=60)
INVOKING = Patience(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=70)


class AwsBackend:
    """The jobs run in SageMaker, the objects lie in Amazon S3.

    Attributes:
        name, sagemaker, runtime, stored: as in Backend.
    """

    name = "sagemaker"

    def __init__(self, config: Config) -> None:
        with explained("AWS"):
            self._session = boto3.Session(region_name=config.region)
            self.sagemaker = Explained(self._session.client("sagemaker", config=ASKING))
            self.runtime = Explained(self._session.client("sagemaker-runtime", config=INVOKING))
            self.stored = S3Client(self._session, config.region, config.kms_key)
            self._logs = JobLogs(self._session.client("logs", config=ASKING))

    def client(self, service: str) -> Any:
        """Give the client of another service."""
        return Explained(self._session.client(service, config=ASKING))

    def log_lines(self, kind: str, job_name: str) -> Iterable[str]:
        """Give the lines of a job's log that have come since the last call."""
        return self._logs.new_lines(kind, job_name)

    def close(self) -> None:
        """End nothing: what runs is SageMaker's, and goes on."""


class Explained:
    """A client of boto3 whose errors are AwsError, each a clear line."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with explained(name):
                return method(**request)

        return call
