"""Objects of Amazon S3: many at a time, in parts, tried again, checked, and whole or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

from . import checksums, transfers
from .clients import CONNECTIONS, PATIENT
from .errors import AwsError, explained
from .transfers import SHA256, Object, split

MISSING = {"404", "NoSuchKey"}


@dataclass(frozen=True)
class Synced:
    """What `sync` did, by names below the folder.

    Attributes:
        copied: was new or different.
        besides: is in the target only; with `delete`, was.
    """

    copied: list[str]
    besides: list[str]


class S3Client:
    """The objects of a region's buckets, as the protocol `Stored` has them.

    Every method raises AwsError where S3 refuses or cannot be reached.

    Args:
        session: of boto3.
        region: of the buckets.
        kms_key: what is stored is encrypted by; without one, as the bucket has it.
    """

    def __init__(self, session: boto3.Session, region: str, kms_key: str | None = None) -> None:
        self._how = SHA256 | ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {})
        self._client = session.client("s3", region_name=region, config=PATIENT)

    def upload(self, path: Path, uri: str) -> None:
        """Store a file as this object, or a folder's files below it; links are left out, as SageMaker does."""
        files = {f"{_folder(uri)}{name}": file for name, file in _files(path).items()} if path.is_dir() else {uri: path}
        transfers.upload(self._client, files, self._how)

    def download(self, uri: str, path: Path) -> None:
        """Bring an object to a file, or all objects below `uri/` into a folder; each is whole, or not there.

        Raises:
            FileNotFoundError: there is no such object.
            AwsError: an object's name leads out of the folder, or what came is not what is stored.
        """
        found = self._found(uri)
        transfers.download(self._client, {_inside(path, name, found[name]): found[name] for name in found})

    def copy(self, source: str, target: str) -> None:
        """Copy an object, or all objects below a URI, inside S3.

        Raises:
            FileNotFoundError: there is no such object.
        """
        found = self._found(source)
        objects = {f"{_folder(target)}{name}" if name else target: found[name] for name in found}
        transfers.copy(self._client, objects, self._how)

    def read(self, uri: str) -> bytes:
        """Give an object's bytes.

        Raises:
            FileNotFoundError: there is no such object.
        """
        bucket, key = split(uri)
        with _found_there(uri):
            return self._client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def write(self, uri: str, content: bytes) -> None:
        """Store bytes as an object."""
        bucket, key = split(uri)
        with explained(uri):
            self._client.put_object(Bucket=bucket, Key=key, Body=content, **self._how)

    def folders(self, uri: str) -> list[str]:
        """Name the folders right below `uri/`, in order; S3 lists those alone, however much is in them."""
        bucket, prefix = split(_folder(uri))
        with explained(uri):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
            found = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]
        return sorted(one.removeprefix(prefix).rstrip("/") for one in found)

    def list(self, uri: str) -> list[str]:
        """Name the objects whose URIs begin with this one, in order."""
        return sorted(found.uri for found in self._begin_with(uri))

    def sizes(self, uri: str) -> dict[str, int]:
        """Give the bytes of each object below `uri/`, by its name there, or of the object itself by the name "".

        Raises:
            FileNotFoundError: there is no such object.
        """
        return {name: found.size for name, found in self._found(uri).items()}

    def where(self, uri: str) -> str:
        """Say where a person finds it: the URI itself."""
        return uri

    def sync(self, source: Path | str, target: Path | str, delete: bool = False) -> Synced:
        """Copy what the target lacks, or has with another size or checksum.

        An object that was uploaded without SHA-256, or in parts of different sizes, counts as different.

        Args:
            source: a folder and `target` the URI below which its files are to lie, or the other way round.
            target: see `source`.
            delete: whether what the target has besides is deleted.

        Raises:
            FileNotFoundError: the source holds nothing; a slip in its name would otherwise empty the target.
            AwsError: as for `download`.
        """
        down = str(source).startswith("s3://")
        uri, folder = (str(source), Path(target)) if down else (str(target), Path(source))
        files, objects = _files(folder), self._below(uri)
        here, there = (objects, files) if down else (files, objects)
        if not here:
            raise FileNotFoundError(f"{source} holds no files")
        both = sorted(here.keys() & there.keys())
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            same = pool.map(lambda name: self._is_same(files[name], objects[name]), both)
            changed = sorted(here.keys() - {name for name, is_same in zip(both, same, strict=True) if is_same})
        besides = sorted(there.keys() - here.keys())
        if down:
            transfers.download(self._client, {_inside(folder, name, here[name]): here[name] for name in changed})
        else:
            files = {f"{_folder(uri)}{name}": here[name] for name in changed}
            transfers.upload(self._client, files, self._how)
        if delete and down:
            for name in besides:
                files[name].unlink()
        elif delete:
            transfers.delete(self._client, [objects[name] for name in besides])
        return Synced(changed, besides)

    def _found(self, uri: str) -> dict[str, Object]:
        """Give the object by the name "", or those below `uri/` by their names there."""
        bucket, key = split(uri)
        if key and not key.endswith("/"):
            try:
                with _found_there(uri):
                    head = self._client.head_object(Bucket=bucket, Key=key)
                return {"": Object(bucket, key, head["ContentLength"], head["ETag"])}
            except FileNotFoundError:
                pass
        below = self._below(uri)
        if not below:
            raise FileNotFoundError(uri)
        return below

    def _below(self, uri: str) -> dict[str, Object]:
        folder = _folder(uri)
        return {found.uri.removeprefix(folder): found for found in self._begin_with(folder) if found.key[-1] != "/"}

    def _begin_with(self, uri: str) -> Iterator[Object]:
        bucket, prefix = split(uri)
        with explained(uri):
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for one in page.get("Contents", []):
                    yield Object(bucket, one["Key"], one["Size"], one["ETag"])

    def _is_same(self, file: Path, found: Object) -> bool:
        if file.stat().st_size != found.size:
            return False
        with explained(found.uri):
            known, part_size = checksums.of_object(self._client, found.bucket, found.key)
        return known is not None and known == checksums.of_file(file, part_size)


@contextmanager
def _found_there(uri: str) -> Iterator[None]:
    """Explain what S3 refuses, and raise FileNotFoundError where there is no such object."""
    with explained(uri):
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                raise
            raise FileNotFoundError(uri) from None


def _folder(uri: str) -> str:
    return f"{uri.rstrip('/')}/"


def _files(folder: Path) -> dict[str, Path]:
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): path for path in found}


def _inside(folder: Path, name: str, found: Object) -> Path:
    """Give the path of an object in the folder; a name such as ../x must not lead out of it."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise AwsError(f"{found.uri} would be written outside {folder}; accepted: names that stay inside")
    return path
