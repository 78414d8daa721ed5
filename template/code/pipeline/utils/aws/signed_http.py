"""The calls of sagemaker_client.py in plain HTTP, for an application that has no boto3 client, or its own HTTP library.

botocore signs (Signature Version 4) and takes the pieces of a stream apart; urllib3 sends. To be copied as it stands.
"""

import json
import random
import time
from collections.abc import Iterator
from urllib.parse import quote

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.eventstream import EventStreamBuffer
from botocore.session import Session

CSV = "text/csv"
DONE = {200, 202}  # the latter of what is answered later
PASSING = {429, 500, 502, 503, 504}  # as the throttled and the overloaded answer
THROTTLED = ("ThrottlingException", "TooManyRequestsException")
LONGEST_PAUSE = 8.0  # seconds between two attempts


class RequestError(Exception):
    """An endpoint has no answer to a request.

    Attributes:
        status: the model's own HTTP status where it has answered, else SageMaker's; 0 where nobody answered.
    """

    def __init__(self, message: str, status: int) -> None:
        self.status = status
        super().__init__(message)


class SignedEndpoint:
    """An endpoint, by its name, with the credentials that boto3 would find.

    Args:
        name: the endpoint's.
        region: where it is.
        url: of SageMaker's runtime, where it is not AWS's own.
        seconds: how long to wait for the answer to begin.
        attempts: how often to ask at most.
    """

    def __init__(self, name: str, region: str, url: str = "", seconds: float = 70, attempts: int = 4) -> None:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        self._name = name
        self._url = f"{url or f'https://runtime.sagemaker.{region}.{domain}'}/endpoints/{quote(name)}"
        self._region = region
        self._attempts = attempts
        self._session = Session()
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=seconds), retries=False)

    def predict(self, body: bytes, content_type: str = CSV, accept: str = CSV) -> bytes:
        """Ask and wait for the answer.

        Raises:
            RequestError: there is none.
        """
        headers = {"Content-Type": content_type, "Accept": accept}
        answer = self._ask("invocations", body, headers)
        try:
            return answer.read()
        except urllib3.exceptions.HTTPError as error:
            raise RequestError(f"endpoint {self._name} broke off: {error}", 0) from error
        finally:
            answer.release_conn()

    def stream(self, body: bytes, content_type: str = CSV, accept: str = CSV) -> Iterator[bytes]:
        """Ask and give the answer in the pieces that the model writes.

        Raises:
            RequestError: there is none, or it breaks off.
        """
        headers = {"Content-Type": content_type, "X-Amzn-SageMaker-Accept": accept}
        answer = self._ask("invocations-response-stream", body, headers)
        buffer = EventStreamBuffer()
        try:
            for received in answer.stream(2**14):
                buffer.add_data(received)
                for event in buffer:
                    if event.headers.get(":message-type") != "event":
                        words = event.payload.decode(errors="replace")
                        raise RequestError(f"endpoint {self._name} broke off: {words}", 500)
                    yield event.payload
        except urllib3.exceptions.HTTPError as error:
            raise RequestError(f"endpoint {self._name} broke off: {error}", 0) from error
        finally:
            answer.release_conn()

    def predict_later(self, uri: str, content_type: str = CSV, accept: str = CSV) -> tuple[str, str]:
        """Ask an asynchronous endpoint about what lies in S3, and do not wait.

        Args:
            uri: of the body, such as s3://BUCKET/requests/1.csv.
            content_type: of the body.
            accept: of the answer.

        Returns:
            The URIs of the answer, once it is there, and of what tells of a failure; the latter may be empty.

        Raises:
            RequestError: the endpoint does not take it.
        """
        asked = {"InputLocation": uri, "Content-Type": content_type, "Accept": accept}
        headers = {f"X-Amzn-SageMaker-{name}": value for name, value in asked.items()}
        answer = self._ask("async-invocations", b"", headers)
        answer.release_conn()
        places = answer.headers
        return places["X-Amzn-SageMaker-OutputLocation"], places.get("X-Amzn-SageMaker-FailureLocation", "")

    def _ask(self, route: str, body: bytes, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._send(f"{self._url}/{route}", body, headers)
                failure = None if answer.status in DONE else _refusal(self._name, answer)
            except urllib3.exceptions.HTTPError as error:
                answer, failure = None, RequestError(f"endpoint {self._name} is not reached: {error}", 0)
            if not failure:
                return answer
            if attempt == self._attempts or not _passes(answer):
                raise failure
            time.sleep(random.uniform(0, min(2.0**attempt / 4, LONGEST_PAUSE)))
        raise ValueError(f"attempts is {self._attempts}; accepted: a number from 1")

    def _send(self, url: str, body: bytes, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        """Sign anew each time: a signature is good for minutes, and credentials may have been renewed."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise RequestError("there are no AWS credentials; accepted: AWS_PROFILE, keys, or a role of the machine", 0)
        request = AWSRequest("POST", url, data=body, headers=headers)
        SigV4Auth(credentials, "sagemaker", self._region).add_auth(request)
        sent = dict(request.headers.items())
        return self._http.request("POST", url, body=body, headers=sent, preload_content=False)


def _passes(answer: urllib3.BaseHTTPResponse | None) -> bool:
    """Tell whether it may be answered a moment later; a model that fails (424) will again."""
    if answer is None:
        return True
    return answer.status in PASSING or answer.headers.get("x-amzn-errortype", "").startswith(THROTTLED)


def _refusal(name: str, answer: urllib3.BaseHTTPResponse) -> RequestError:
    text = answer.read().decode(errors="replace")
    try:
        told = json.loads(text)
        status = told.get("OriginalStatusCode", answer.status)
        words = told.get("OriginalMessage") or told.get("Message") or told.get("message") or text
    except (ValueError, AttributeError):
        status, words = answer.status, text
    return RequestError(f"endpoint {name} answers {status}: {words}", status)
