"""What AWS answers, and how it does not: endpoints, throttling, credentials, the logs of jobs. On this machine."""

import io
import json
import struct
import threading
import time
from binascii import crc32
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3
from botocore.exceptions import ClientError
from cloud import SETTINGS, cloud
from rich.console import Console
from settings import KEY, config

from sagemaker_jobs import aws_backend
from sagemaker_jobs.following import Follower, JobFailed
from utils.aws import sagemaker_client, signed_http
from utils.aws.errors import AwsError, NotThere
from utils.aws.sagemaker_client import Endpoint, EndpointError
from utils.aws.signed_http import RequestError, SignedEndpoint


def answer(status, body, code="", **headers):
    """An answer, and where it is an error its code, which each of AWS's protocols has in another place."""
    if code:
        body, headers = {"__type": code, **body}, {"x_amzn_errortype": code}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return status, content, {name.replace("_", "-"): value for name, value in headers.items()}


THROTTLED = answer(400, {"message": "Rate exceeded"}, "ThrottlingException")
UNAVAILABLE = answer(503, {"message": "busy"}, "ServiceUnavailable")
EXPIRED = answer(403, {"message": "The security token is expired"}, "ExpiredTokenException")
MISSING = answer(400, {"message": 'Could not find endpoint "a".'}, "ValidationException")
WRONG_ROWS = {"OriginalStatusCode": 400, "OriginalMessage": "line 1 has 3 columns", "Message": "Received client error"}
REFUSED = answer(424, WRONG_ROWS, "ModelError")
RIGHT = answer(200, b"apple\n", Content_Type="text/csv")


def event(payload, **headers):
    """A message of AWS's event streams."""
    packed = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in ((f":{name.replace('_', '-')}", value) for name, value in headers.items())
    )
    front = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    front += struct.pack("!I", crc32(front))
    return front + packed + payload + struct.pack("!I", crc32(front + packed + payload))


def piece(payload):
    return event(payload, message_type="event", event_type="PayloadPart")


BROKEN = event(b'{"Message": "out of memory"}', message_type="exception", exception_type="ModelStreamError")
STREAM = {"Content_Type": "application/vnd.amazon.eventstream"}


@contextmanager
def service(*answers):
    """A service that gives these answers, the last again and again; gives its URL and the requests that it had."""
    left, had = list(answers), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            had.append((self.path, dict(self.headers.items()), body))
            status, content, headers = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", had
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(signed_http.random, "uniform", lambda *_: 0)  # no pauses between attempts
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


def by_boto3(url, monkeypatch, **arguments):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return Endpoint("fruits", region="us-east-1", **arguments)


def by_http(url, monkeypatch, **arguments):
    return SignedEndpoint("fruits", "us-east-1", url=url, **arguments)


CLIENTS = pytest.mark.parametrize(("client", "error"), [(by_boto3, EndpointError), (by_http, RequestError)])


@CLIENTS
def test_a_prediction(client, error, monkeypatch):
    with service(RIGHT) as (url, had):
        assert client(url, monkeypatch).predict(b"5.1,3.5\n") == b"apple\n"
    [(path, headers, body)] = had
    assert (path, body) == ("/endpoints/fruits/invocations", b"5.1,3.5\n")
    assert headers["Content-Type"] == "text/csv"
    assert "/us-east-1/sagemaker/aws4_request" in headers["Authorization"]


@CLIENTS
@pytest.mark.parametrize("passing", [THROTTLED, UNAVAILABLE, answer(500, {"message": "?"})])
def test_what_passes_is_tried_again(client, error, passing, monkeypatch):
    with service(passing, passing, RIGHT) as (url, had):
        assert client(url, monkeypatch).predict(b"5.1,3.5\n") == b"apple\n"
    assert len(had) == 3
    assert all(body == b"5.1,3.5\n" for _, _, body in had)


@CLIENTS
def test_what_does_not_pass_is_given_up(client, error, monkeypatch):
    with service(THROTTLED) as (url, had), pytest.raises((error, ClientError), match="Rate exceeded"):
        client(url, monkeypatch, attempts=3).predict(b"5.1,3.5\n")
    assert len(had) == 3


@CLIENTS
def test_what_the_model_refuses_is_not_tried_again(client, error, monkeypatch):
    with service(REFUSED) as (url, had), pytest.raises(error, match="answers 400: line 1 has 3 columns") as failure:
        client(url, monkeypatch).predict(b"1,2,3\n")
    assert failure.value.status == 400
    assert len(had) == 1


@CLIENTS
def test_an_answer_in_pieces(client, error, monkeypatch):
    with service(answer(200, piece(b"app") + piece(b"le\n"), **STREAM)) as (url, had):
        assert list(client(url, monkeypatch).stream(b"5.1,3.5\n")) == [b"app", b"le\n"]
    assert had[0][0] == "/endpoints/fruits/invocations-response-stream"


@CLIENTS
def test_a_stream_that_breaks_off_is_no_whole_answer(client, error, monkeypatch):
    with service(answer(200, piece(b"app") + BROKEN, **STREAM)) as (url, _):
        pieces = client(url, monkeypatch).stream(b"5.1,3.5\n")
        assert next(pieces) == b"app"
        with pytest.raises(error, match=r"broke off.*out of memory"):
            next(pieces)


@CLIENTS
def test_a_slow_endpoint_is_not_waited_for_for_ever(client, error, monkeypatch):
    class Slow(BaseHTTPRequestHandler):
        def do_POST(self):
            ended.wait(5)

        def log_message(self, *_):
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(Exception, match=r"(?i)read time(d )?out"):
            client(url, monkeypatch, seconds=0.2, attempts=1).predict(b"5.1,3.5\n")
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def test_an_answer_that_breaks_off_is_no_whole_answer(monkeypatch):
    with service(answer(200, b"apple\n")) as (url, _):
        client = by_http(url, monkeypatch)
        monkeypatch.setattr("urllib3.response.HTTPResponse.read", broken)
        with pytest.raises(RequestError, match="broke off"):
            client.predict(b"5.1,3.5\n")


def broken(*_, **__):
    raise urllib3.exceptions.ProtocolError("gone")


def test_an_application_without_credentials_is_told_so(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RequestError, match="there are no AWS credentials; accepted: AWS_PROFILE"):
        SignedEndpoint("fruits", "us-east-1").predict(b"5.1,3.5\n")


def test_an_asynchronous_answer_and_a_failure(monkeypatch):
    with cloud() as session:
        session.client("s3").create_bucket(Bucket="fruit-bucket")
        endpoint = Endpoint("fruits", region="us-east-1")
        found = endpoint.predict_later(b"5.1,3.5\n", "s3://fruit-bucket/requests/1.csv")
        assert json.loads(found) == {"default": "response"}  # moto's own
        stored = session.client("s3").get_object(Bucket="fruit-bucket", Key="requests/1.csv")["Body"].read()
        assert stored == b"5.1,3.5\n"

        monkeypatch.setattr(endpoint, "_read", lambda uri: b"wrong rows" if "failure" in uri else "NoSuchKey")
        with pytest.raises(EndpointError, match="endpoint fruits failed: wrong rows"):
            endpoint.predict_later(b"5.1\n", "s3://fruit-bucket/requests/2.csv")


def test_an_asynchronous_answer_by_plain_http_is_said_where_to_find(monkeypatch):
    accepted = answer(202, {"InferenceId": "1"}, X_Amzn_SageMaker_OutputLocation="s3://fruit-bucket/answers/1.out")
    with service(UNAVAILABLE, accepted) as (url, had):
        found = by_http(url, monkeypatch).predict_later("s3://fruit-bucket/requests/1.csv")
    assert found == ("s3://fruit-bucket/answers/1.out", "")
    path, headers, body = had[1]
    assert (path, body) == ("/endpoints/fruits/async-invocations", b"")
    assert headers["X-Amzn-SageMaker-InputLocation"] == "s3://fruit-bucket/requests/1.csv"
    assert headers["X-Amzn-SageMaker-Content-Type"] == headers["X-Amzn-SageMaker-Accept"] == "text/csv"
    assert "x-amzn-sagemaker-inputlocation" in headers["Authorization"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [("NoSuchKey", "after 0 s; it would be s3://a/b, .* NoSuchKey$"), ("AccessDenied", "s3://a/b, .* AccessDenied$")],
)
def test_who_may_not_list_the_bucket_waits_like_any_other(code, shown, monkeypatch):
    endpoint = Endpoint("fruits", region="us-east-1")
    refused = ClientError({"Error": {"Code": code, "Message": "Because."}}, "GetObject")
    answers = iter([refused, refused, {"Body": io.BytesIO(b"apple")}])

    class Bucket:
        def get_object(self, **_):
            answer = next(answers, refused)
            if answer is refused:
                raise refused
            return answer

    monkeypatch.setattr(sagemaker_client.time, "sleep", lambda _: None)
    endpoint._s3 = Bucket()
    assert endpoint._wait("s3://a/b", None, 10) == b"apple"
    with pytest.raises(EndpointError, match=shown):
        endpoint._wait("s3://a/b", None, 0.1)


def test_what_s3_refuses_otherwise_is_not_waited_for(monkeypatch):
    endpoint = Endpoint("fruits", region="us-east-1")
    expired = ClientError({"Error": {"Code": "ExpiredToken", "Message": "Because."}}, "GetObject")
    monkeypatch.setattr(endpoint._s3, "get_object", raising(expired))
    with pytest.raises(ClientError, match="ExpiredToken"):
        endpoint._wait("s3://a/b", None, 10)


def raising(error):
    def call(**_):
        raise error

    return call


def backend(url, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    return aws_backend.AwsBackend(config())


def test_what_the_pipeline_writes_is_encrypted_by_the_key_of_the_jobs():
    with cloud() as session:
        session.client("s3").create_bucket(Bucket="fruit-bucket")
        aws_backend.AwsBackend(config(kms_key=KEY)).stored.write("s3://fruit-bucket/step.json", b"{}")
        assert session.client("s3").head_object(Bucket="fruit-bucket", Key="step.json")["SSEKMSKeyId"] == KEY


def test_a_throttled_request_is_asked_again(monkeypatch):
    with service(THROTTLED, THROTTLED, answer(200, {"TrainingJobArn": "arn:aws:sagemaker:1"})) as (url, had):
        client = backend(url, monkeypatch).sagemaker
        asked = client.describe_training_job(TrainingJobName="a")
    assert asked["TrainingJobArn"] == "arn:aws:sagemaker:1"
    assert len(had) == 3


@pytest.mark.parametrize("method", ["create_transform_job", "describe_training_job", "list_endpoints"])
def test_expired_credentials_are_told_in_one_line(method, monkeypatch):
    asked = {"list_endpoints": {}}.get(method, {"TrainingJobName": "a"})
    if method == "create_transform_job":
        from sagemaker_jobs.dry_run import Memory
        from sagemaker_jobs.requests import transform
        from sagemaker_jobs.runs import Run

        asked = transform.request(config(), Run(config(), Memory()), "a-model", "s3://b/")
    with service(EXPIRED) as (url, had), pytest.raises(AwsError) as failure:
        getattr(backend(url, monkeypatch).sagemaker, method)(**asked)
    assert len(had) == 1
    assert str(failure.value).startswith(f"{method}: the credentials have expired; accepted: ")
    assert "\n" not in str(failure.value)


def test_what_a_caller_knows_to_handle_has_a_name_of_its_own(monkeypatch):
    with service(MISSING) as (url, _):
        client = backend(url, monkeypatch).sagemaker
        with pytest.raises(NotThere, match="Could not find"):
            client.describe_endpoint(EndpointName="a")
        with pytest.raises(AwsError, match=r'^delete_endpoint: Could not find endpoint "a"\. \(ValidationException\)$'):
            client.delete_endpoint(EndpointName="a")


class Logs:
    """CloudWatch Logs with pages of lines by stream; a page may be an error."""

    def __init__(self, **streams):
        self.streams = streams

    def describe_log_streams(self, logGroupName, logStreamNamePrefix):
        assert logGroupName == "/aws/sagemaker/TrainingJobs"
        assert logStreamNamePrefix == "job/"
        return {"logStreams": [{"logStreamName": f"job/{name.replace('_', '-')}"} for name in self.streams]}

    def get_log_events(self, logGroupName, logStreamName, startFromHead, nextToken="0"):
        pages = self.streams[logStreamName.removeprefix("job/").replace("-", "_")]
        number = int(nextToken)
        if number >= len(pages):
            return {"events": [], "nextForwardToken": nextToken}
        if isinstance(pages[number], str):
            raise ClientError({"Error": {"Code": pages.pop(number), "Message": "no"}}, "GetLogEvents")
        events = [{"message": f"{line}\n"} for line in pages[number]]
        return {"events": events, "nextForwardToken": str(number + 1)}


def test_the_lines_of_a_log_come_once_and_in_order():
    pages = [["a", "b"], ["c"]]
    logs = aws_backend.JobLogs(Logs(algo_1_123=pages))
    assert list(logs.new_lines("TrainingJob", "job")) == ["a", "b", "c"]
    assert list(logs.new_lines("TrainingJob", "job")) == []
    pages.append(["d"])
    assert list(logs.new_lines("TrainingJob", "job")) == ["d"]
    assert list(logs.new_lines("HyperParameterTuningJob", "job")) == []


def test_the_lines_of_several_hosts_say_whose_they_are():
    logs = aws_backend.JobLogs(Logs(algo_1_123=[["a"]], algo_2_124=[["b"]]))
    assert list(logs.new_lines("TrainingJob", "job")) == ["algo-1: a", "algo-2: b"]


def test_no_line_is_lost_where_the_log_is_throttled():
    logs = aws_backend.JobLogs(Logs(algo_1_123=[["a"], "ThrottlingException", ["b"]]))
    assert list(logs.new_lines("TrainingJob", "job")) == ["a"]
    assert list(logs.new_lines("TrainingJob", "job")) == ["b"]


def test_a_log_that_may_not_be_read_says_so_once():
    logs = aws_backend.JobLogs(Logs(algo_1_123=["AccessDeniedException", ["a"]]))
    assert list(logs.new_lines("TrainingJob", "job")) == ["(the log cannot be shown: no)"]
    assert list(logs.new_lines("TrainingJob", "job")) == []


def test_a_job_that_fails_gives_its_reason_and_the_end_of_its_log():
    """By moto's logs; the description is what SageMaker gives of a job that failed."""
    with cloud() as session:
        logs = session.client("logs")
        group, stream = "/aws/sagemaker/TrainingJobs", "job/algo-1-123"
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000)
        lines = [{"timestamp": now + number, "message": f"line {number}"} for number in range(30)]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)

        aws = aws_backend.AwsBackend(config())

        class Failed:
            def describe_training_job(self, TrainingJobName):
                return {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError:\nseed is 'x'"}

        aws.sagemaker = Failed()
        with pytest.raises(JobFailed) as failure:
            Follower(aws, Console(quiet=True), 0, asks=False).follow("TrainingJob", "job")
    assert failure.value.cause == "AlgorithmError: seed is 'x'"
    assert str(failure.value).endswith("line 28\n  line 29")
    assert "line 19\n" not in str(failure.value)


def test_the_copied_modules_need_nothing_of_this_project():
    for module in (sagemaker_client, signed_http):
        source = Path(module.__file__).read_text("utf-8")
        for package in ("utils", "sagemaker_jobs", "batches"):
            assert f"from {package}" not in source
            assert f"import {package}" not in source
        assert "from ." not in source
