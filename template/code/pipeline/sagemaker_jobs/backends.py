"""What runs the jobs: SageMaker, or on this machine what stands for it. A batch does not know which."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from .settings import Config

NAMES = ("process", "docker", "local-mode", "sagemaker")


class Stored(Protocol):
    """Objects under s3:// URIs: in Amazon S3, or in a folder of this machine."""

    def upload(self, path: Path, uri: str) -> None:
        """Store a file as this object, or a folder's files below it."""

    def download(self, uri: str, path: Path) -> None:
        """Bring an object to a file, or all objects below `uri/` into a folder."""

    def read(self, uri: str) -> bytes:
        """Give an object's bytes. Raises FileNotFoundError where there is none."""

    def write(self, uri: str, content: bytes) -> None:
        """Store bytes as an object."""

    def folders(self, uri: str) -> list[str]:
        """Name the folders right below `uri/`, in order, without looking at what is in them."""

    def list(self, uri: str) -> list[str]:
        """Name the objects whose URIs begin with this one, in order."""

    def where(self, uri: str) -> str:
        """Say where a person finds it: the URI, or a path of this machine."""


class Backend(Protocol):
    """What a batch works with.

    Attributes:
        name: one of NAMES.
        sagemaker: has the methods of boto3's client for SageMaker that the jobs need, and their answers.
        runtime: likewise of the client `sagemaker-runtime`: invoke_endpoint.
        stored: the objects.
    """

    name: str
    sagemaker: Any
    runtime: Any
    stored: Stored

    def client(self, service: str) -> Any:
        """Give boto3's client of another service, such as cloudwatch; None where it has nothing to do here."""

    def log_lines(self, kind: str, job_name: str) -> Iterable[str]:
        """Give the lines of a job's log that have come since the last call.

        Args:
            kind: TrainingJob, ProcessingJob or TransformJob.
            job_name: the job's.
        """

    def close(self) -> None:
        """End what runs on this machine for it."""


def open_backend(name: str, config: Config) -> Backend:
    """Give a backend; what it needs is imported here, since AWS's SDK takes long."""
    if name in ("process", "docker", "local-mode"):
        from .emulated.backend import EmulatedBackend

        return EmulatedBackend(name, config)
    from .aws_backend import AwsBackend

    return AwsBackend(config)
