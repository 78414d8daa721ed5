"""However a batch ends, its record says how; and the command ends in a line and a number."""

import re
import signal
import sys
from types import ModuleType

import pytest
from batch_context import context
from rich.console import Console
from settings import config

from batches import command, steps, variants
from sagemaker_jobs.following import JobFailed, JobGoesOn
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.runs import Run, Step
from utils.aws.errors import AwsError, Passing
from utils.config_reader import ConfigError

JOB = KINDS["TrainingJob"], "job-1"
ENDS = {
    "a job that failed": (JobFailed(*JOB, "Failed", "no\nmemory", []), "Failed", "job-1", "no memory"),
    "a job that was stopped": (JobFailed(*JOB, "Stopped", "", []), "Stopped", "job-1", "no reason given"),
    "a job that goes on": (JobGoesOn(*JOB, "signed out"), "InProgress", "job-1", "signed out"),
    "a setting": (ConfigError("seed is 'x';\naccepted: 1"), "Failed", "", "seed is 'x'; accepted: 1"),
    "AWS": (AwsError("training: access denied"), "Failed", "", "training: access denied"),
    "a fault": (KeyError("model"), "Failed", "", "KeyError: 'model'"),
    "Ctrl-C": (KeyboardInterrupt(), "Stopped", "", "interrupted"),
    "SIGTERM": (SystemExit(143), "Stopped", "", "interrupted"),
}


@pytest.fixture
def batch(monkeypatch):
    """Makes the training of a function; gives its name."""

    def make(run):
        module = ModuleType("batches.training")
        module.run = run
        monkeypatch.setitem(sys.modules, "batches.training", module)
        monkeypatch.setattr(command, "NAMES", ("training",))
        monkeypatch.setattr(variants, "NAMES", ("training",))
        return "training"

    return make


def raising(error):
    def run(_):
        raise error

    return run


@pytest.mark.parametrize("end", ENDS)
def test_the_record_says_how_a_batch_ended(end, batch):
    error, status, job, cause = ENDS[end]
    work, name = context(config()), batch(raising(error))
    with pytest.raises(type(error)):
        steps.take(name, work)
    recorded = work.run.step(name)
    assert (recorded.status, recorded.job, recorded.cause) == (status, job, cause)
    assert recorded.started


def test_what_boto3_raises_anywhere_in_a_batch_is_one_line(batch):
    from botocore.exceptions import ProfileNotFound

    work, name = context(config()), batch(raising(ProfileNotFound(profile="nobody")))
    with pytest.raises(AwsError, match=r"^training: .*nobody.*; accepted: AWS_PROFILE or"):
        steps.take(name, work)
    assert work.run.step(name).status == "Failed"


def test_a_record_that_cannot_be_written_does_not_hide_why(batch, monkeypatch):
    work, name = context(config()), batch(raising(AwsError("the first")))
    monkeypatch.setattr(work.run, "record", raising(AwsError("the second")))
    with pytest.raises(AwsError, match="the first"):
        steps.take(name, work)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("wrong"), 2),
        (Passing("too much"), 2),
        (JobFailed(*JOB, "Failed", "wrong", []), 1),
        (JobGoesOn(*JOB, "wrong"), 1),
        (OSError("the disk is full"), 1),
    ],
)
def test_the_command_ends_in_a_line_and_a_number(error, code, monkeypatch, capsys):
    monkeypatch.setattr(command, "_run", lambda *_: raising(error)(None))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert command.main(["--dry-run"]) == code
    assert capsys.readouterr().err == f"{error}\n"


@pytest.fixture
def vary(batch, tmp_path, monkeypatch):
    """Runs a batch under conditions; gives the exit code, and what was shown."""
    environment = config(ceiling={"instance_types": ["ml.m5.large"], "instance_count": 2}).model_dump_json(
        exclude_unset=True
    )
    (tmp_path / "dev.yml").write_text(environment)
    monkeypatch.setattr(variants, "SECONDS", 0.01)

    def run(function, *varied):
        given = [word for one in varied for word in ("--vary", one)]
        options = command.parser().parse_args([batch(function), "--config", str(tmp_path / "dev.yml"), *given])
        console = Console(record=True, width=200, quiet=False)
        work = context(config())
        try:
            return variants.run_all(options, {}, Run(work.config, work.backend.stored), work.backend, console)
        finally:
            run.shown = console.export_text()

    return run


@pytest.mark.parametrize("error", [ENDS[end][0] for end in ("a job that failed", "a setting", "AWS", "a fault")])
def test_a_condition_that_fails_leaves_the_others_and_the_table(error, vary):
    def run(work):
        if work.config.training.hyperparameters["seed"] == 2:
            raise error
        return Step("training", metrics={"score": 0.5})

    assert vary(run, "training.hyperparameters.seed=1,2,3") == 1
    table = vary.shown.partition("Trainings compared")[2]
    assert table.count("Completed") == 2
    assert table.count("Failed") == 1
    assert str(error).partition("\n")[0] in vary.shown
    assert ("Traceback" in vary.shown) == isinstance(error, KeyError)


def test_a_condition_whose_job_goes_on_is_told_with_its_run(vary, monkeypatch):
    def run(work):
        monkeypatch.setattr(
            KINDS["TrainingJob"].__class__, "describe", lambda *_: raising(AwsError("signed out"))(None)
        )
        work.follower.follow("TrainingJob", f"job-of-{work.run.name}")

    assert vary(run, "training.hyperparameters.seed=1") == 1
    [run] = set(re.findall(r"job-of-(\S+) goes on", vary.shown))
    assert f"the same batches with `--run {run} --resume` wait for it" in vary.shown


def test_all_wrong_values_are_told_before_anything_starts(vary):
    started = []
    with pytest.raises(ConfigError) as raised:
        vary(started.append, "training.instance_count=1,0,3,x")
    lines = str(raised.value).splitlines()
    assert len(lines) == 3
    assert "training.instance_count is 0; accepted: greater than or equal to 1" in lines[0]
    assert lines[1] == "training.instance_count is 3, above the ceiling; accepted: at most 2"
    assert "training.instance_count is 'x'" in lines[2]
    assert started == []


def test_after_ctrl_c_no_condition_begins_a_job(vary, monkeypatch):
    begun = []

    def run(work):
        work.follower.interrupt()
        work.do("training", "TrainingJob", {"TrainingJobName": "job-1"})

    monkeypatch.setattr(KINDS["TrainingJob"].__class__, "create", lambda *_: begun.append("a job"))
    assert vary(run, "training.hyperparameters.seed=1") == 1
    assert begun == []
    assert "Stopped" in vary.shown


def test_after_ctrl_c_no_condition_begins_a_batch(batch):
    work, begun = context(config()), []
    work.follower.interrupt()
    [step] = variants._take_all([batch(begun.append)], work)
    assert (step.status, begun) == ("Stopped", [])


def test_ctrl_c_stops_the_jobs_of_all_conditions_and_still_compares(vary, monkeypatch):
    stopped = []

    def run(work):
        monkeypatch.setattr(KINDS["TrainingJob"].__class__, "describe", lambda *_: {"TrainingJobStatus": "InProgress"})
        monkeypatch.setattr(KINDS["TrainingJob"].__class__, "stop", lambda kind, client, name: stop(name))
        work.follower.follow("TrainingJob", f"job-{work.config.training.hyperparameters['seed']}")

    def stop(name):
        stopped.append(name)
        monkeypatch.setattr(KINDS["TrainingJob"].__class__, "describe", lambda *_: {"TrainingJobStatus": "Stopped"})

    def interrupt(taken):
        if not hasattr(interrupt, "called"):
            interrupt.called = True
            raise KeyboardInterrupt
        wait(taken)

    wait = variants._wait
    monkeypatch.setattr(variants, "_wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        vary(run, "training.hyperparameters.seed=1,2")
    assert stopped
    assert "Trainings compared" in vary.shown
    assert "Stopped" in vary.shown
