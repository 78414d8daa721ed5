"""Items 30 to 32: a job that is stopped, and goes on from its checkpoints."""

import math
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .bench import PATIENCE, Bench, TrainingRun
from .containers import Container
from .given import Layout
from .items import Failed, NotApplicable, demand, item
from .training_items import GRACE

MANY = 10_000  # rounds, so that a job is not over when a signal comes
MORE = 3  # rounds of the job that goes on
OWN_GRACE = 10  # seconds in which an image of this project must end
SAME = 1e-6  # relative difference of two metrics
ROUND = re.compile(r"\b(?:round|epoch|iteration|step)\W{1,3}(\d+)|^\[(\d+)\]", re.IGNORECASE | re.MULTILINE)
RESUMED = re.compile(r"^.*(?:resum|restor|continu)\D*\d.*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Interruption:
    """A job that got SIGTERM.

    Attributes:
        exit_code: of the container.
        seconds: how long it took to end.
        reached: the last round that its log names.
        saved: the files of checkpoints/ that are new or different since the signal.
        checkpoints: a copy of checkpoints/.
    """

    exit_code: int
    seconds: float
    reached: int
    saved: list[str]
    checkpoints: Path


@item(30, "SIGTERM to process 1 in the middle of many rounds, then the files of checkpoints/", "training")
def saves_state(bench: Bench) -> str:
    """SIGTERM saves the state in checkpoints/."""
    job = bench.once(stopped_job)
    demand(job.saved, f"exit code {job.exit_code} after {job.seconds:.1f} s, and nothing new in checkpoints/")
    limit = OWN_GRACE if bench.is_own else GRACE
    demand(job.seconds <= limit, f"it ends only after {job.seconds:.1f} s, and not within {limit} s")
    return f"exit code {job.exit_code} after {job.seconds:.1f} s; saved {', '.join(job.saved)[:60]}"


@item(
    31, "the stopped job again with its checkpoints/ and few more rounds, and a job that was never stopped", "training"
)
def resumes(bench: Bench) -> str:
    """A job goes on from its checkpoint, and ends as if it had never been stopped."""
    rounds, job = _rounds(bench), _job_with_checkpoints(bench)
    resumed = _train(bench, rounds, job.reached + MORE, job.checkpoints)
    _is_well(resumed)
    named = _rounds_in(resumed.log)
    words = RESUMED.search(resumed.log)
    demand(words or (named and named[0] > 1), f"it starts over, with round {named[0] if named else 'unknown'}")
    straight = _train(bench, rounds, job.reached + MORE)
    _is_well(straight)
    return f"{words[0].strip()[:80] if words else f'from round {named[0]}'}; {_compare(bench, resumed, straight)}"


@item(32, "the stopped job again, its newest checkpoint cut to half", "training")
def truncated_checkpoint(bench: Bench) -> str:
    """A truncated checkpoint does not end the job."""
    job = _job_with_checkpoints(bench)
    folder = bench.folder / "truncated"
    shutil.copytree(job.checkpoints, folder)
    newest = _newest(folder)
    for path in newest:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    run = _train(bench, _rounds(bench), job.reached + MORE, folder)
    _is_well(run)
    names = ", ".join(path.relative_to(folder).as_posix() for path in newest)
    rounds = _rounds_in(run.log) or ["unknown"]
    return f"{names[:60]} cut: {run.seen}, from round {rounds[0]}"


def stopped_job(bench: Bench) -> Interruption:
    """Stop a job of many rounds by SIGTERM; an image of this project writes no checkpoint of its own accord."""
    every = bench.hyperparameter("checkpoint_every")
    settings = {every: str(MANY)} if every else {}
    return _stop(bench, settings, lambda container, folder: any(folder.iterdir()) or ROUND.search(container.logs()))


def killed_job(bench: Bench) -> Interruption:
    """Stop a job of many rounds once it has written a checkpoint of its own accord."""
    return _stop(bench, {}, lambda _, folder: any(folder.iterdir()))


def _job_with_checkpoints(bench: Bench) -> Interruption:
    """Give the job that item 30 stops or, where that left no checkpoint, another one."""
    job = bench.once(stopped_job)
    if not any(job.checkpoints.iterdir()):
        job = bench.once(killed_job)
    demand(any(job.checkpoints.iterdir()), "cannot be seen: there are no checkpoints")
    demand(job.reached, "cannot be seen: no line of the log names a round, such as round=3")
    return job


def _stop(bench: Bench, settings: dict[str, str], works: Callable[[Container, Path], object]) -> Interruption:
    settings = bench.given.hyperparameters | {_rounds(bench): str(MANY)} | settings
    with bench.training_job(layout=Layout(hyperparameters=settings)) as (container, base):
        folder = base / "checkpoints"
        end = time.monotonic() + PATIENCE
        while not works(container, folder):
            demand(container.is_running, f"the job ended before it got a signal: {container.last_line()}")
            demand(time.monotonic() < end, f"the job shows no work within {PATIENCE} s")
            time.sleep(0.05)
        before = container.send_while_paused("TERM", lambda: _states(folder))
        start = time.monotonic()
        try:
            code = container.wait(GRACE)
        except Failed:
            raise Failed(f"it still runs after {GRACE} s") from None
        seconds = time.monotonic() - start
        bench.hand_over(base)
        saved = sorted(name for name, state in _states(folder).items() if before.get(name) != state)
        copy = bench.folder / f"checkpoints-{container.name}"
        shutil.copytree(folder, copy)
        return Interruption(code, seconds, max(_rounds_in(container.logs()), default=0), saved, copy)


def _rounds(bench: Bench) -> str:
    """Give the name of the hyperparameter that says for how many rounds a job trains."""
    name = bench.given.rounds or bench.hyperparameter("num_round", "epochs")
    if name is None:
        raise NotApplicable("no rounds: no hyperparameter is num_round or epochs; --rounds names another one")
    return name


def _train(bench: Bench, rounds: str, number: int, checkpoints: Path | None = None) -> TrainingRun:
    settings = bench.given.hyperparameters | {rounds: str(number)}
    return bench.train(layout=Layout(hyperparameters=settings), checkpoints=checkpoints)


def _is_well(run: TrainingRun) -> None:
    demand(run.exit_code == 0, run.seen)
    demand(run.model, "exit code 0, and nothing in /opt/ml/model")


def _compare(bench: Bench, resumed: TrainingRun, straight: TrainingRun) -> str:
    """Demand that the last value of each metric is the same in both logs."""
    found = {name: [re.findall(regex, run.log) for run in (resumed, straight)] for name, regex in _metrics(bench)}
    values = {name: [float(run[-1]) for run in runs] for name, runs in found.items() if all(runs)}
    for name, (one, other) in values.items():
        same = math.isclose(one, other, rel_tol=SAME)
        demand(same, f"{name} is {one} in the job that went on, and {other} in one that was never stopped")
    return f"{', '.join(values)} as in a job that was never stopped" if values else "no metrics to compare"


def _metrics(bench: Bench) -> list[tuple[str, str]]:
    """Give the metrics whose regex takes out a single value."""
    return [(name, regex) for name, regex in bench.given.metrics.items() if re.compile(regex).groups == 1]


def _rounds_in(log: str) -> list[int]:
    return [int(match[1] or match[2]) for match in ROUND.finditer(log)]


def _states(folder: Path) -> dict[str, tuple[int, int]]:
    """Give time and size of each file under a folder, where files come and go."""
    states = {}
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                states[path.relative_to(folder).as_posix()] = (path.stat().st_mtime_ns, path.stat().st_size)
        except FileNotFoundError:
            continue
    return states


def _newest(folder: Path) -> list[Path]:
    """Give the files of the newest checkpoint: those that share its name up to the first dot, or its folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    newest = max(files, key=lambda path: path.stat().st_mtime_ns).relative_to(folder).parts[0].partition(".")[0]
    return [path for path in files if path.relative_to(folder).parts[0].partition(".")[0] == newest]
