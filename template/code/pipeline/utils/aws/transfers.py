"""Many objects at a time to and from Amazon S3; Ctrl-C, or one that fails, ends them all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.s3.transfer import ProgressCallbackInvoker, TransferConfig, create_transfer_manager
from s3transfer.exceptions import RetriesExceededError, S3CopyFailedError, S3DownloadFailedError, S3ValidationError
from s3transfer.subscribers import BaseSubscriber

from . import checksums
from .clients import CONNECTIONS
from .errors import AwsError, explained
from .progress import bar

PARTS = TransferConfig(multipart_threshold=2**24, multipart_chunksize=2**24, max_concurrency=CONNECTIONS)
MOST_DELETED = 1000  # keys that one request may name
SHA256 = {"ChecksumAlgorithm": "SHA256"}
BROKEN_OFF = RetriesExceededError, S3CopyFailedError, S3DownloadFailedError, S3ValidationError


@dataclass(frozen=True)
class Object:
    """An object as S3 lists it.

    Attributes:
        bucket, key: where it is.
        size: bytes.
        etag: changes with its content.
    """

    bucket: str
    key: str
    size: int
    etag: str

    @property
    def uri(self) -> str:
        """Its URI."""
        return f"s3://{self.bucket}/{self.key}"


class Known(BaseSubscriber):
    """Spares a transfer the question for what is known of its object."""

    def __init__(self, found: Object) -> None:
        self._found = found

    def on_queued(self, future: Any, **_: object) -> None:
        """Tell it."""
        future.meta.provide_transfer_size(self._found.size)
        future.meta.provide_object_etag(self._found.etag)


def split(uri: str) -> tuple[str, str]:
    """Give the bucket and the key of a URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def upload(client: Any, files: dict[str, Path], how: dict[str, str]) -> None:
    """Store files by their URIs.

    Args:
        client: boto3's.
        files: by URI.
        how: arguments of each request that stores one, such as SHA256, which S3 compares.

    Raises:
        AwsError: S3 refuses.
    """
    total = sum(path.stat().st_size for path in files.values())
    with _manager(client, "upload", total) as (manager, counter):
        futures = {
            uri: manager.upload(str(path), *split(uri), extra_args=how, subscribers=[counter])
            for uri, path in files.items()
        }
        _wait(futures)


def copy(client: Any, objects: dict[str, Object], how: dict[str, str]) -> None:
    """Copy objects to these URIs, inside S3; `how` is as in `upload`.

    Raises:
        AwsError: S3 refuses.
    """
    total = sum(found.size for found in objects.values())
    with _manager(client, "copy", total) as (manager, counter):
        futures = {}
        for uri, found in objects.items():
            source = {"Bucket": found.bucket, "Key": found.key}
            futures[uri] = manager.copy(source, *split(uri), extra_args=how, subscribers=[Known(found), counter])
        _wait(futures)


def download(client: Any, objects: dict[Path, Object]) -> None:
    """Bring objects to these files: beside each first, and into its place once it is whole and checked.

    Raises:
        AwsError: S3 refuses, or what came is not what is stored.
    """
    total = sum(found.size for found in objects.values())
    beside = {path: path.with_name(f".{path.name}.{secrets.token_hex(4)}.part") for path in objects}
    try:
        with _manager(client, "download", total) as (manager, counter):
            futures = {}
            for path, found in objects.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                to = str(beside[path])
                futures[path] = manager.download(found.bucket, found.key, to, subscribers=[Known(found), counter])
            for path, found in objects.items():
                _wait({found.uri: futures[path]})
                _check(client, found, beside[path])
                os.replace(beside[path], path)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)


def delete(client: Any, objects: list[Object]) -> None:
    """Delete objects of one bucket.

    Raises:
        AwsError: S3 refuses.
    """
    for start in range(0, len(objects), MOST_DELETED):
        some = objects[start : start + MOST_DELETED]
        keys = {"Objects": [{"Key": found.key} for found in some], "Quiet": True}
        with explained(some[0].uri):
            answer = client.delete_objects(Bucket=some[0].bucket, Delete=keys)
        for error in answer.get("Errors", []):
            why = error.get("Message", error["Code"])
            raise AwsError(f"s3://{some[0].bucket}/{error['Key']} is not deleted: {why}")


@contextmanager
def _manager(client: Any, what: str, total: int) -> Iterator[tuple[Any, ProgressCallbackInvoker]]:
    try:
        with bar(what, total) as advance, create_transfer_manager(client, PARTS) as manager:
            yield manager, ProgressCallbackInvoker(advance)
    except OSError as error:
        raise AwsError(f"{what} of {error.filename}: {error.strerror}; accepted: files and folders in order") from error


def _wait(futures: dict[str, Any]) -> None:
    for uri, future in futures.items():
        try:
            with explained(uri):
                future.result()
        except BROKEN_OFF as error:
            raise AwsError(f"{uri}: {error}; accepted: another attempt, while nobody changes the object") from error


def _check(client: Any, found: Object, path: Path) -> None:
    """Compare a file that came in parts, where S3 knows of what; botocore does so itself with one that came whole."""
    if found.size < PARTS.multipart_threshold:
        return
    with explained(found.uri):
        known, part_size = checksums.of_object(client, found.bucket, found.key)
    if known and known != checksums.of_file(path, part_size):
        raise AwsError(f"{found.uri}: the SHA-256 of what came is another; accepted: an object that is whole")
