"""What AWS refuses, wherever it is asked: a line on what to do, and no job lost or left behind silently."""

import sys
from types import ModuleType

import pytest
import yaml
from batch_context import context
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from rich.console import Console
from settings import LEAST, config

from batches import command, steps
from sagemaker_jobs import aws_backend, runs
from sagemaker_jobs.aws_backend import Explained
from sagemaker_jobs.following import Follower, JobGoesOn
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.runs import Step
from utils.aws.errors import AlreadyThere, AwsError, NotThere, Passing, Unanswered
from utils.config_reader import ConfigError

JOB = "TrainingJob"
REQUEST = {"TrainingJobName": "job-1"}


def refusal(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Service:
    """A client of boto3 that answers, or raises, what is in `answers`, the last of each method again and again."""

    def __init__(self, **answers):
        self.answers = {method: list(given) for method, given in answers.items()}
        self.asked = []

    def __getattr__(self, method):
        def ask(**request):
            self.asked.append((method, request))
            left = self.answers[method]
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return ask


def work_with(service, resumes=False):
    work = context(config())
    work.backend.sagemaker = Explained(service)
    work.follower = Follower(work.backend, Console(quiet=True), 0, asks=False, run=work.run.name)
    work.resumes = resumes
    return work


COMPLETED = {"TrainingJobStatus": "Completed", "TrainingJobName": "job-1"}
RUNNING = {"TrainingJobStatus": "InProgress", "TrainingJobName": "job-1"}


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (refusal("ThrottlingException", "Rate exceeded"), Passing, "accepted: the same command later, with --resume"),
        (refusal("ServiceUnavailable"), Unanswered, "no (ServiceUnavailable)"),
        (EndpointConnectionError(endpoint_url="https://x"), Unanswered, "accepted: a way to AWS's network"),
        (refusal("ValidationException", 'Could not find endpoint "a".'), NotThere, "Could not find"),
        (refusal("ResourceNotFound", "gone"), NotThere, "gone"),
        (refusal("ResourceInUse", "is there"), AlreadyThere, "is there"),
        (refusal("ValidationException", 'Cannot create already existing model "a".'), AlreadyThere, "already existing"),
        (refusal("AccessDeniedException"), AwsError, "access denied (no); accepted: a role or user"),
        (refusal("ExpiredTokenException"), AwsError, "the credentials have expired; accepted: a new sign-in"),
        (refusal("ResourceLimitExceeded", "The account-level limit"), AwsError, "The account-level limit"),
    ],
)
@pytest.mark.parametrize("method", ["create_training_job", "describe_training_job", "list_endpoints"])
def test_a_refusal_is_one_line_of_its_kind(error, kind, words, method):
    with pytest.raises(AwsError) as raised:
        getattr(Explained(Service(**{method: [error]})), method)()
    assert type(raised.value) is kind
    assert str(raised.value).startswith(f"{method}: ")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("code", ["ExpiredTokenException", "AccessDeniedException"])
def test_a_job_that_cannot_be_looked_at_goes_on_and_is_waited_for_later(code):
    service = Service(create_training_job=[{}], describe_training_job=[RUNNING, refusal(code)])
    work = work_with(service)
    with pytest.raises(JobGoesOn) as raised:
        work.do("training", JOB, REQUEST)
    told = str(raised.value)
    assert "training job job-1 goes on: `aws sagemaker describe-training-job --training-job-name job-1` shows" in told
    assert f", and the same batches with `--run {work.run.name} --resume` wait for it" in told
    assert (work.run.step("training").status, work.run.step("training").job) == ("InProgress", "job-1")

    later = Service(describe_training_job=[RUNNING, COMPLETED])
    work.backend.sagemaker, work.resumes = Explained(later), True
    assert work.do("training", JOB, {"TrainingJobName": "job-2"}) == COMPLETED
    assert {method for method, _ in later.asked} == {"describe_training_job"}


@pytest.mark.parametrize(
    ("found", "resumes"),
    [
        (refusal("ValidationException", "Requested resource not found."), True),
        ({"TrainingJobStatus": "Failed"}, True),
        ({"TrainingJobStatus": "Stopped"}, True),
        (RUNNING, False),
    ],
)
def test_a_job_of_which_nothing_can_come_is_started_anew(found, resumes):
    service = Service(create_training_job=[{}], describe_training_job=[found, COMPLETED] if resumes else [COMPLETED])
    work = work_with(service, resumes)
    work.run.record(Step("training", "job-0", "InProgress"))
    work.do("training", JOB, REQUEST)
    assert ("create_training_job", REQUEST) in service.asked


def test_a_job_whose_creation_was_answered_once_already_is_not_lost():
    service = Service(create_training_job=[refusal("ResourceInUse", "Job name must be unique")])
    service.answers["describe_training_job"] = [COMPLETED]
    assert work_with(service).do("training", JOB, REQUEST) == COMPLETED


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "ResourceLimitExceeded"])
def test_a_job_that_is_not_created_is_not_followed(code):
    service = Service(create_training_job=[refusal(code)])
    with pytest.raises(AwsError, match=r"^create_training_job: "):
        work_with(service).do("training", JOB, REQUEST)
    assert [method for method, _ in service.asked] == ["create_training_job"]


LOST = [ReadTimeoutError(endpoint_url="https://x"), refusal("InternalFailure")]


@pytest.mark.parametrize("lost", LOST)
def test_a_job_whose_creation_was_not_answered_may_be_there_and_is_looked_for(lost):
    work = work_with(Service(create_training_job=[lost]))
    with pytest.raises(JobGoesOn, match=r"training job job-1 may have been made: `aws .*--resume` wait for it"):
        taken(work)
    assert (work.run.step("training").status, work.run.step("training").job) == ("InProgress", "job-1")
    later = Service(describe_training_job=[COMPLETED])
    work.backend.sagemaker, work.resumes = Explained(later), True
    assert work.do("training", JOB, {"TrainingJobName": "job-2"}) == COMPLETED


@pytest.mark.parametrize(
    ("answer", "status", "job"), [({}, "Stopped", ""), (refusal("ExpiredToken"), "InProgress", "job-1")]
)
@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143)])
def test_a_job_that_is_being_made_on_ctrl_c_is_told_to_stop(end, answer, status, job, monkeypatch):
    service = Service(stop_training_job=[answer])
    work = work_with(service)
    monkeypatch.setattr(KINDS[JOB].__class__, "create", lambda *_: throw(end))
    with pytest.raises(type(end)):
        taken(work)
    assert service.asked == [("stop_training_job", {"TrainingJobName": "job-1"})]
    assert (work.run.step("training").status, work.run.step("training").job) == (status, job)


@pytest.mark.parametrize("error", [ConfigError("no data"), KeyError("model"), KeyboardInterrupt(), SystemExit(143)])
def test_what_goes_wrong_before_a_job_is_looked_at_does_not_lose_it(error, monkeypatch):
    work = work_with(Service(), resumes=True)
    work.run.record(Step("training", "job-0", "InProgress"))
    monkeypatch.setattr(work, "do", lambda *_: throw(error))
    with pytest.raises(type(error)):
        taken(work)
    assert (work.run.step("training").status, work.run.step("training").job) == ("InProgress", "job-0")


def test_a_job_that_is_refused_is_not_under_way(monkeypatch):
    work = work_with(Service(create_training_job=[refusal("ResourceLimitExceeded")]))
    with pytest.raises(AwsError):
        taken(work)
    assert (work.run.step("training").status, work.run.step("training").job) == ("Failed", "")


def test_a_job_that_was_stopped_by_ctrl_c_is_not_under_way():
    work = work_with(Service(create_training_job=[{}], stop_training_job=[{}]))
    work.backend.sagemaker._client.answers["describe_training_job"] = [RUNNING, {"TrainingJobStatus": "Stopped"}]
    work.follower.interrupt()
    with pytest.raises(KeyboardInterrupt):
        taken(work)
    assert work.run.step("training").status == "Stopped"


def taken(work):
    """Take a training that does nothing but its job."""
    module = ModuleType("batches.training")
    module.run = lambda work: work.do("training", JOB, REQUEST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "batches.training", module)
        return steps.take("training", work)


def throw(error):
    raise error


def test_an_expired_sign_in_on_ctrl_c_says_that_the_job_goes_on():
    service = Service(describe_training_job=[KeyboardInterrupt()], stop_training_job=[refusal("ExpiredToken")])
    service.answers["describe_training_job"] = [RUNNING]
    work = work_with(service)
    work.follower.interrupt()
    with pytest.raises(JobGoesOn, match=r"expired.*\n.*job-1 goes on"):
        work.follower.follow(JOB, "job-1")


def test_sigterm_stops_the_job_and_does_not_wait(monkeypatch):
    service = Service(stop_training_job=[{}])
    work = work_with(service)

    def end(*_):
        raise SystemExit(143)

    monkeypatch.setattr(KINDS[JOB].__class__, "describe", end)
    with pytest.raises(SystemExit):
        work.follower.follow(JOB, "job-1")
    assert service.asked == [("stop_training_job", {"TrainingJobName": "job-1"})]


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """Has every request to AWS raise; gives what the command says then."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    (tmp_path / "dev.yml").write_text(yaml.safe_dump(LEAST))

    def run(capsys, error, *batches, profile=""):
        if profile:
            monkeypatch.setenv("AWS_PROFILE", profile)
        if error:
            monkeypatch.setattr("botocore.client.BaseClient._make_api_call", lambda *_: (_ for _ in ()).throw(error))
        code = command.main([*batches, "--backend", "sagemaker", "--config", str(tmp_path / "dev.yml")])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("error", "profile", "words"),
    [
        (None, "nobody", "AWS: The config profile (nobody) could not be found; accepted: AWS_PROFILE or"),
        (None, "", "s3://fruit-bucket/team/fruit/fruits/runs: Unable to locate credentials; accepted: AWS_PROFILE or"),
        (refusal("ExpiredToken"), "", "the credentials have expired; accepted: a new sign-in"),
        (refusal("AccessDenied"), "", "access denied (no); accepted: a role or user whose policy allows it"),
        (refusal("NoSuchBucket"), "", "there is no bucket; accepted: the name of one, in the key `bucket`"),
    ],
)
def test_a_command_without_access_ends_in_one_line(error, profile, words, aws, capsys, monkeypatch):
    monkeypatch.setattr(command, "NAMES", ("collection", "training"))
    monkeypatch.setitem(sys.modules, "batches.training", ModuleType("batches.training"))
    code, said = aws(capsys, error, "training", profile=profile)
    assert code == 2
    assert words in said
    assert said.count("\n") == 1


def test_the_newest_run_is_found_by_folders_alone():
    class Stored:
        def folders(self, uri):
            assert uri == "s3://fruit-bucket/team/fruit/fruits/runs"
            return ["20260101-000000-aaaa", "20260301-000000-aaaa", "other", "20260201-000000-bbbb"]

    assert runs.newest(config(), Stored()) == "20260301-000000-aaaa"


def test_log_lines_that_cannot_be_had_end_nothing():
    class Logs:
        def describe_log_streams(self, **_):
            raise refusal("ExpiredTokenException")

    assert list(aws_backend.JobLogs(Logs()).new_lines(JOB, "job-1")) == []
