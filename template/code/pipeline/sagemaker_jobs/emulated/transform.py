"""A TransformJob: a server of the model is sent what lies under a prefix, a record at a time or many."""

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from . import data, servers
from .filters import Filters
from .job import Job

SPLITS = ("None", "Line")
SECONDS = 600  # for an answer, where the request does not say
STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}  # in the server's words


def run(model: dict[str, Any], job: Job) -> str:
    """Transform every object; give the cause where that fails.

    Raises:
        Unusable: there is no input, it is split in a way that is not emulated, or the server refuses some of it.
    """
    request = job.request
    if (split := request["TransformInput"].get("SplitType", "None")) not in SPLITS:
        raise data.Unusable(f"SplitType is {split}; accepted on this machine: {' or '.join(SPLITS)}")
    names = data.found(job.stored, request["TransformInput"]["DataSource"]["S3DataSource"])
    told = {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": STRATEGIES.get(request.get("BatchStrategy", "")),
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": request.get("MaxPayloadInMB"),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": request.get("MaxConcurrentTransforms"),
    }
    environment = {name: str(value) for name, value in told.items() if value} | request.get("Environment", {})
    container = servers.container_of(model, f"{job.name}-algo-1", job.folder / "algo-1", job.stored, environment)
    job.update(TransformStartTime=datetime.now(UTC))
    with job.serving(container):
        transform = None if job.must_end() else _Transform(job, container.port)
        for uri, name in names.items():
            output = transform.output(uri) if transform else b""
            if job.must_end():  # what there is of it is not all
                break
            job.stored.write(f"{request['TransformOutput']['S3OutputPath'].rstrip('/')}/{name}.out", output)
    return ""


class _Transform:
    """How records are sent, and what is made of the answers; what the request leaves open, the server says."""

    def __init__(self, job: Job, port: int) -> None:
        said, request = servers.parameters(port), job.request
        given, wanted = request["TransformInput"], request["TransformOutput"]
        strategy = STRATEGIES.get(request.get("BatchStrategy", ""), said.get("BatchStrategy"))
        self._job = job
        self._port = port
        self._is_single = strategy == "SINGLE_RECORD"
        self._at_once = request.get("MaxConcurrentTransforms") or said.get("MaxConcurrentTransforms", 1)
        self._most = request.get("MaxPayloadInMB", said.get("MaxPayloadInMB", 6)) * 2**20 or float("inf")
        self._seconds = request.get("ModelClientConfig", {}).get("InvocationsTimeoutInSeconds", SECONDS)
        self._by_line = given.get("SplitType") == "Line"
        self._ends_lines = wanted.get("AssembleWith") == "Line"
        content_type = given.get("ContentType", "application/octet-stream")
        self._headers = {"Content-Type": content_type, "Accept": wanted.get("Accept", content_type)}
        self._filters = Filters(request.get("DataProcessing", {}), *self._headers.values())
        if self._filters and not self._by_line:
            raise data.Unusable("DataProcessing is for records; accepted with it on this machine: SplitType Line")

    def output(self, uri: str) -> bytes:
        """Give what becomes of an object, or a part of it where the job must end."""
        body = self._job.stored.read(uri)
        records = [line for line in body.splitlines() if line.strip()] if self._by_line else [body]
        with ThreadPoolExecutor(self._at_once) as pool:
            answers = list(pool.map(lambda payload: self._answer(uri, payload), self._payloads(uri, records)))
        if not self._ends_lines:
            return b"".join(answers)
        return b"".join(one if one.endswith(b"\n") else one + b"\n" for one in answers if one)

    def _payloads(self, uri: str, records: list[bytes]) -> Iterator[list[bytes]]:
        payload: list[bytes] = []
        size = 0
        for record in records:
            if len(record) > self._most:
                raise data.Unusable(f"{uri} has a record of {len(record)} bytes; accepted: at most MaxPayloadInMB")
            if payload and (self._is_single or size + len(record) + 1 > self._most):
                yield payload
                payload, size = [], 0
            payload.append(record)
            size += len(record) + 1
        if payload:
            yield payload

    def _answer(self, uri: str, records: list[bytes]) -> bytes:
        if self._job.must_end():
            return b""
        try:
            sent = self._filters.before(records)
            status, _, body = servers.ask(
                self._port, "POST", "/invocations", b"\n".join(sent), self._headers, self._seconds
            )
            if status != 200:
                raise data.Unusable(f"the server answered {status}: {body[:300].decode(errors='replace')}")
            return self._filters.after(records, body)
        except (data.Unusable, ValueError, OSError, http.client.HTTPException) as error:
            raise data.Unusable(f"{uri}: {error}") from None
