"""Calls to an endpoint, with boto3, for an application to copy as they stand: nothing here is of this project.

boto3 throughout, here as in the whole pipeline: its methods are SageMaker's API one to one, so that a request reads as
in AWS's documentation, and half a second imports it. The SageMaker Python SDK takes seconds and about a gigabyte, and
adds nothing to these calls; local mode alone, which is the SDK's own, uses it.
"""

import time
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

CSV = "text/csv"
SLOWEST = 70  # seconds until an answer begins; SageMaker gives the model 60
NOT_YET = {"NoSuchKey", "404", "AccessDenied", "403"}  # the latter to who may read an object, but not list the bucket
LONGEST_PAUSE = 10.0  # seconds between two looks for an asynchronous answer


class EndpointError(Exception):
    """An endpoint has no answer to a request.

    Attributes:
        status: the model's own HTTP status, such as 400 for a wrong row; 500 where it has none.
    """

    def __init__(self, message: str, status: int = 500) -> None:
        self.status = status
        super().__init__(message)


class Endpoint:
    """An endpoint, by its name.

    What AWS cannot answer at the moment is asked again, ever later. What the model refuses is not.

    Args:
        name: the endpoint's.
        region: where it is; by default that of the environment or the profile.
        seconds: how long to wait for the answer to begin.
        attempts: how often to ask at most.
    """

    def __init__(self, name: str, region: str | None = None, seconds: float = SLOWEST, attempts: int = 4) -> None:
        retries = {"mode": "standard", "total_max_attempts": attempts}
        patience = Config(retries=retries, connect_timeout=5, read_timeout=seconds)
        session = boto3.Session(region_name=region)
        self.name = name
        self._runtime = session.client("sagemaker-runtime", config=patience)
        self._s3 = session.client("s3", config=patience)

    def predict(self, body: bytes, content_type: str = CSV, **more: str) -> bytes:
        """Ask and wait for the answer.

        Args:
            body: at most 25 MB.
            content_type: of the body.
            more: further arguments of invoke_endpoint, such as Accept or TargetModel.

        Raises:
            EndpointError: the model refuses the body, or fails.
        """
        answer = self._ask("invoke_endpoint", Body=body, ContentType=content_type, **more)
        return answer["Body"].read()

    def stream(self, body: bytes, content_type: str = CSV, **more: str) -> Iterator[bytes]:
        """Ask and give the answer in the pieces that the model writes.

        Raises:
            EndpointError: the model refuses the body, or fails before its last piece.
        """
        answer = self._ask("invoke_endpoint_with_response_stream", Body=body, ContentType=content_type, **more)
        try:
            for event in answer["Body"]:
                yield event["PayloadPart"]["Bytes"]
        except EventStreamError as error:
            raise EndpointError(f"endpoint {self.name} broke off: {_words(error)}") from error

    def predict_later(self, body: bytes, uri: str, seconds: float = 900, content_type: str = CSV, **more: str) -> bytes:
        """Ask an asynchronous endpoint and wait for the answer, which may be of up to 1 GB.

        Args:
            body: is stored first.
            uri: where, such as s3://BUCKET/requests/1.csv.
            seconds: how long to wait; the endpoint may have to start an instance first.
            content_type: of the body.
            more: further arguments of invoke_endpoint_async.

        Raises:
            EndpointError: the model refuses the body, fails, or is not done in time.
        """
        bucket, key = _place(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        asked = self._ask("invoke_endpoint_async", InputLocation=uri, ContentType=content_type, **more)
        return self._wait(asked["OutputLocation"], asked.get("FailureLocation"), seconds)

    def _ask(self, method: str, **request: Any) -> dict[str, Any]:
        try:
            return getattr(self._runtime, method)(EndpointName=self.name, **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ModelError":
                raise
            status = error.response.get("OriginalStatusCode", 500)
            words = error.response.get("OriginalMessage") or _words(error)
            raise EndpointError(f"endpoint {self.name} answers {status}: {words}", status) from error

    def _wait(self, output: str, failure: str | None, seconds: float) -> bytes:
        end, pause = time.monotonic() + seconds, 0.25
        while True:
            answer = self._read(output)
            if isinstance(answer, bytes):
                return answer
            if failure and isinstance(cause := self._read(failure), bytes):
                raise EndpointError(f"endpoint {self.name} failed: {cause.decode(errors='replace')}")
            if time.monotonic() + pause > end:
                where = f"it would be {output}, to which S3 answers {answer}"
                raise EndpointError(f"endpoint {self.name} has no answer after {seconds:.0f} s; {where}")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _read(self, uri: str) -> bytes | str:
        """Give an object, or where it is not there yet what S3 answers."""
        bucket, key = _place(uri)
        try:
            return self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in NOT_YET:
                raise
            return code


def _place(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _words(error: ClientError) -> str:
    return error.response["Error"].get("Message", str(error))
