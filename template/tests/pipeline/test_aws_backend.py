"""What AWS answers the pipeline, and how it does not: throttling, credentials, the logs of jobs. On this machine."""

import time

import pytest
from botocore.exceptions import ClientError
from cloud import cloud
from rich.console import Console
from service import EXPIRED, MISSING, THROTTLED, answer, service, sign_in
from settings import KEY, config

from sagemaker_jobs import aws_backend
from sagemaker_jobs.following import Follower, JobFailed
from utils.aws.errors import AwsError, NotThere


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    sign_in(monkeypatch)


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


@pytest.mark.parametrize("method", ["create_model", "describe_training_job", "list_endpoints"])
def test_expired_credentials_are_told_in_one_line(method, monkeypatch):
    made = {"ModelName": "a", "ExecutionRoleArn": config().role}
    asked = {"list_endpoints": {}, "create_model": made}.get(method, {"TrainingJobName": "a"})
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
