"""SHA-256 as Amazon S3 keeps it: of the whole object, or of the checksums of its parts."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Any

BLOCK = 2**20


def of_file(path: Path, part_size: int | None = None) -> str:
    """Give a file's checksum as S3 would.

    Args:
        path: the file.
        part_size: bytes of each part but the last, of an object that was uploaded in parts.
    """
    if part_size is None:
        with path.open("rb") as file:
            return b64encode(hashlib.file_digest(file, "sha256").digest()).decode()
    parts = []
    with path.open("rb") as file:
        while part := _digest(file, part_size):
            parts.append(part)
    return b64encode(hashlib.sha256(b"".join(parts)).digest()).decode()


def _digest(file: Any, size: int) -> bytes:
    """Give the SHA-256 of the next bytes of a file, or nothing at its end."""
    digest, left = hashlib.sha256(), size
    while block := file.read(min(BLOCK, left)):
        digest.update(block)
        left -= len(block)
    return digest.digest() if left < size else b""


def of_object(client: Any, bucket: str, key: str) -> tuple[str | None, int | None]:
    """Ask S3 for an object's checksum.

    Returns:
        The checksum, None where the object was uploaded without SHA-256, or in parts of different sizes, which S3 does
        not tell all at once; and the size of its parts, where it has some.
    """
    where = {"Bucket": bucket, "Key": key, "ChecksumMode": "ENABLED"}
    head = client.head_object(**where)
    known = head.get("ChecksumSHA256")
    if not known or "-" not in head["ETag"]:  # which has the number of parts behind it, where there are some
        return known, None
    part_size = client.head_object(**where, PartNumber=1)["ContentLength"]
    number = int(head["ETag"].strip('"').rpartition("-")[2])
    if not (number - 1) * part_size < head["ContentLength"] <= number * part_size:
        return None, None
    return known.partition("-")[0], part_size
