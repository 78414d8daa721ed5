"""Objects of Amazon S3."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ..backends import Stored
from ..settings import Bucket
from . import SourceError


def copy(source: Bucket, region: str, stored: Stored, uri: str) -> int:
    """Copy the objects as they are, inside S3 where they stay there; give their bytes.

    Raises:
        SourceError: there are none.
        AwsError: they may not be read.
    """
    import boto3

    from utils.aws.s3_client import S3Client

    s3 = S3Client(boto3.Session(), region)
    try:
        sizes = s3.sizes(source.uri)
    except FileNotFoundError:
        sizes = {}
    if not sum(sizes.values()):
        raise SourceError(f"source.uri: {source.uri} holds no data; accepted: an object, or a folder of them")
    target = f"{uri}/{Path(source.uri).name}" if "" in sizes else uri
    if isinstance(stored, S3Client):
        stored.copy(source.uri, target)  # by its own key
        return sum(sizes.values())
    with TemporaryDirectory() as folder:
        s3.download(source.uri, Path(folder, "data"))
        stored.upload(Path(folder, "data"), target)
    return sum(sizes.values())
