"""What the command takes: options, the name of a run, and what does not go together; and whom it asks."""

import json
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import questionary
from emulated_project import make_project, open_backend
from rich.console import Console
from settings import LEAST, config

from batches import NAMES, command, needs, variants
from sagemaker_jobs import asking, runs
from sagemaker_jobs.following import Follower, JobGoesOn
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.runs import Run, Step
from utils.aws.errors import AwsError

LATER = NAMES[1]  # a batch that goes on with what another has done
RUN = "20260102-030405-abcd"


# Prints which of the slow libraries the help has imported.
HELP = """
import sys
from batches import command
try:
    command.main(["--help"])
except SystemExit:
    print("imported:", sorted({"boto3", "botocore", "sqlalchemy", "sagemaker"} & sys.modules.keys()))
"""


def test_the_help_waits_for_no_slow_library():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("imported: []\n")


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Gives the command's exit code and what it said; nothing is done for the run that it chose, `chosen` has it."""
    backend = open_backend(make_project(tmp_path / "project"))
    (tmp_path / "dev.yml").write_text(json.dumps(LEAST))
    chosen = []
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest's own stay
    monkeypatch.setattr(command.backends, "open_backend", lambda *_: backend)
    monkeypatch.setattr(command, "_in_order", lambda options, context, _: chosen.append(context) or 0)

    def run(*arguments):
        code = command.main([*arguments, "--config", str(tmp_path / "dev.yml")])
        return code, capsys.readouterr().err

    run.backend, run.chosen = backend, chosen
    yield run
    backend.close()


@pytest.mark.parametrize("name", ["../../other", "latest", f"{RUN}/steps", "20260102-030405-ABCD"])
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_name_that_no_run_has_is_refused(ask, name, options):
    code, said = ask(NAMES[0], "--run", name, *options)
    assert code == 2
    assert said.startswith(f"--run {name}: no run has such a name; accepted: one such as 20")
    assert said.count("\n") == 1


def test_a_run_that_holds_nothing_is_not_gone_on_with(ask):
    for arguments in ([LATER, "--run", RUN], [NAMES[0], "--resume", "--run", RUN]):
        code, said = ask(*arguments)
        assert code == 2
        assert said == f"--run {RUN}: this run holds nothing; accepted: one that has begun: there is none yet\n"
    names = [f"2026010{day}-030405-0000" for day in range(1, 8)]
    for name in names:
        Run(config(), ask.backend.stored, name).record(Step(NAMES[0]))
    _, said = ask(LATER, "--run", RUN)
    assert said.endswith(f"accepted: one that has begun: {', '.join(names[:1:-1])}\n")
    assert ask.chosen == []


def test_a_run_that_has_begun_is_gone_on_with_and_a_new_one_may_be_named(ask):
    assert ask(NAMES[0], "--run", RUN)[0] == 0
    Run(config(), ask.backend.stored, RUN).record(Step(NAMES[0]))
    assert ask(LATER, "--run", RUN)[0] == 0
    assert ask(NAMES[0], "--run", RUN, "--resume")[0] == 0
    assert [context.run.name for context in ask.chosen] == [RUN] * 3


@pytest.mark.parametrize(
    ("arguments", "code", "needed"),
    [
        ([], 0, "process\n"),
        ([LATER, "--backend=docker"], 0, "docker\n"),
        (["cleanup", "--backend", "docker"], 0, ""),
        (["--dry-run"], 0, ""),
        (["--backend", "docker", "colection"], 2, ""),
        (["--set", "ceiling.instance_count=0"], 2, ""),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_made_ready(arguments, code, needed, tmp_path, monkeypatch, capsys):
    (tmp_path / "dev.yml").write_text(json.dumps(LEAST))
    monkeypatch.setattr(sys, "argv", ["needs", *arguments, "--config", str(tmp_path / "dev.yml")])
    assert needs.main() == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == (needed, 1 if code else 0)


def test_a_job_that_goes_on_is_told_with_its_run(ask, monkeypatch):
    ask(NAMES[0])
    [context] = ask.chosen
    monkeypatch.setattr(KINDS["TrainingJob"].__class__, "describe", refuse)
    with pytest.raises(JobGoesOn, match=f"the same batches with `--run {context.run.name} --resume` wait for it"):
        context.follower.follow("TrainingJob", "job-1")
    with pytest.raises(JobGoesOn, match=r"`aws sagemaker describe-endpoint --endpoint-name fruits` shows it$"):
        context.follower.follow("Endpoint", "fruits")


def refuse(*_):
    raise AwsError("signed out")


def test_a_dry_run_looks_for_no_run(ask, monkeypatch):
    monkeypatch.setattr(runs, "newest_first", lambda *_: pytest.fail("a dry run looks at nothing"))
    assert ask(LATER, "--run", RUN, "--dry-run")[0] == 0


def test_a_dry_run_resumes_nothing(ask):
    code, said = ask(LATER, "--dry-run", "--resume")
    assert code == 2
    assert said.startswith("--resume is given with --dry-run; accepted: --dry-run alone")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume"], "--resume is given with --vary; accepted: --run NAME --resume for one of its runs, with --set"),
        (["--parallel", "0"], "--parallel is 0; accepted: a whole number from 1"),
    ],
)
def test_what_does_not_go_with_vary_is_refused(ask, arguments, words):
    code, said = ask(LATER, "--vary", "training.hyperparameters.seed=1,2", *arguments)
    assert code == 2
    assert words in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("batch", variants.OF_ONE)
def test_what_all_conditions_would_share_is_refused(ask, batch, monkeypatch):
    monkeypatch.setattr(command, "NAMES", (*NAMES, *variants.OF_ONE))
    code, said = ask(NAMES[0], batch, "--vary", "training.hyperparameters.seed=1,2")
    assert code == 2
    assert f"--vary is given with {batch}, which all would share; accepted: it by itself, for one of the runs" in said


def test_an_option_is_written_out(ask, capsys):
    with pytest.raises(SystemExit):
        ask(NAMES[0], "--back", "sagemaker")
    assert "unrecognized arguments: --back" in capsys.readouterr().err


@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_signal_that_is_ignored_stays_so_as_nohup_wants_it(before, monkeypatch):
    monkeypatch.setattr(command, "_run", lambda *_: 0)
    kept = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        signal.signal(signal.SIGHUP, before)
        command.main(["--dry-run"])
        assert (signal.getsignal(signal.SIGHUP) is signal.SIG_IGN) == (before is signal.SIG_IGN)
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def answered(monkeypatch, answer):
    """Have a question answered so, or raise so."""

    class Question:
        def ask(self):
            if isinstance(answer, BaseException):
                raise answer
            return answer

    monkeypatch.setattr(questionary, "confirm", lambda *_, **__: Question())


@pytest.mark.parametrize(
    ("terminal", "stdin", "possible"),
    [(True, True, True), (True, False, False), (False, True, False), (True, None, False)],
)
def test_who_cannot_answer_is_not_asked(terminal, stdin, possible, monkeypatch):
    if stdin is None:
        monkeypatch.setattr(sys, "stdin", None)
    else:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: stdin, raising=False)
    assert asking.is_possible(Console(force_terminal=terminal)) == possible


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(("answer", "agreed"), [(True, True), (False, False), (None, None), (EOFError(), None)])
def test_ctrl_c_and_an_input_that_ends_are_the_default(answer, agreed, default, monkeypatch):
    answered(monkeypatch, answer)
    assert asking.agreed("Really?", default) == (default if agreed is None else agreed)


@pytest.mark.parametrize(("answer", "stops"), [(True, True), (False, False), (None, True), (EOFError(), True)])
def test_on_ctrl_c_a_job_goes_on_only_where_somebody_says_so(answer, stops, monkeypatch):
    answered(monkeypatch, answer)
    job, stopped = KINDS["TrainingJob"].__class__, []
    monkeypatch.setattr(job, "describe", lambda *_: {"TrainingJobStatus": "Stopped" if stopped else "InProgress"})
    monkeypatch.setattr(job, "stop", lambda *_: stopped.append(True))

    class Backend:
        sagemaker = None

        def log_lines(self, *_):
            return []

    follower = Follower(Backend(), Console(quiet=True), 0, asks=True, run=RUN)
    follower.interrupt()
    with pytest.raises(KeyboardInterrupt if stops else JobGoesOn):
        follower.follow("TrainingJob", "job-1")
    assert bool(stopped) == stops


def test_on_ctrl_c_an_endpoint_that_is_being_made_is_found_by_a_command(monkeypatch):
    monkeypatch.setattr(KINDS["Endpoint"].__class__, "describe", lambda *_: {"EndpointStatus": "Creating"})
    backend = SimpleNamespace(name="docker", sagemaker=None, log_lines=lambda *_: [])
    shown = Console(record=True, width=200, quiet=False)
    follower = Follower(backend, shown, 0, asks=False)
    follower.interrupt()
    with pytest.raises(KeyboardInterrupt):
        follower.follow("Endpoint", "fruits")
    assert "`scripts/local_run/pipeline.sh cleanup --backend docker` shows it, with the same" in shown.export_text()
