"""Items 78 to 82: a processing job, which evaluates the model."""

import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .bench import ONE_CORE, PATIENCE, Bench
from .containers import running
from .items import Failed, demand, item
from .processing_input import OUTPUTS, PLACE, write_input

MOUNTED = {"processing": PLACE, "config": "/opt/ml/config", "output": "/opt/ml/output"}
PASSING = ("/tmp/", "/var/tmp/", "/run/", "/dev/")  # what may change besides, as hidden folders and caches may
MESSAGE_SIZE = 1024  # bytes of output/message that SageMaker shows
LETTER = 4  # bytes of each letter of the wrong cell
WRONG_CELL = "\N{GRINNING FACE}" * 5_000


@dataclass(frozen=True)
class ProcessingRun:
    """A processing job that has ended.

    Attributes:
        exit_code: of the container.
        last_line: of its log.
        message: what stands in output/message; None where there is no such file.
        outputs: the files and links under output/ of the job, by name.
        links: those that are links.
        elsewhere: what was written outside the folders that SageMaker mounts.
    """

    exit_code: int
    last_line: str
    message: bytes | None
    outputs: list[str]
    links: list[str]
    elsewhere: list[str]


@item(78, "the command of a processing job in place of the entrypoint, and no word", "processing")
def entrypoint_override(bench: Bench) -> str:
    """A processing job runs under an entrypoint of its own, without a word."""
    run = bench.once(evaluation)
    demand(run.exit_code == 0, f"exit code {run.exit_code}: {run.last_line}")
    return f"{bench.processing}: exit code 0"


@item(79, "the data under /opt/ml/processing alone, then the files that were written", "processing")
def data_in_its_place(bench: Bench) -> str:
    """Data is read and written under /opt/ml/processing alone."""
    run = bench.once(evaluation)
    demand(run.outputs, f"nothing under {OUTPUTS['evaluation']}: exit code {run.exit_code}, {run.last_line}")
    demand(not run.elsewhere, f"written elsewhere: {', '.join(run.elsewhere)[:150]}")
    return f"under {PLACE}/output: {', '.join(run.outputs)[:80]}"


@item(80, "a job without its test data, and one with a wrong row of letters beyond ASCII", "processing")
def message(bench: Bench) -> str:
    """A job that fails says why in /opt/ml/output/message, in UTF-8 and at most 1 KB."""
    failures = _failures(bench)
    if len(failures["a wrong row"].message or b"") > MESSAGE_SIZE - LETTER:  # cut, perhaps between two letters by luck
        failures["another wrong row"] = with_another_wrong_row(bench)
    sizes = []
    for name, run in failures.items():
        demand(run.message is not None and run.message.strip(), f"{name}: no message (exit code {run.exit_code})")
        sizes.append(len(run.message))
        demand(sizes[-1] <= MESSAGE_SIZE, f"{name}: a message of {sizes[-1]} bytes")
        try:
            text = run.message.decode()
        except UnicodeDecodeError as error:
            raise Failed(f"{name}: the message is not UTF-8: {error}") from None
    return f"{' and '.join(map(str, sizes))} bytes of UTF-8: {text[:80]}"


@item(81, "a job without its test data, and one with a wrong row", "processing")
def failure_is_told(bench: Bench) -> str:
    """A job that fails ends with another exit code than 0."""
    failures = _failures(bench)
    for name, run in failures.items():
        demand(run.exit_code, f"{name}: exit code 0")
    return f"exit codes {' and '.join(str(run.exit_code) for run in failures.values())}"


@item(82, "the outputs of a processing job", "processing")
def no_links(bench: Bench) -> str:
    """There are no links among the outputs, as SageMaker does not upload them."""
    run = bench.once(evaluation)
    demand(run.outputs, f"cannot be seen: there are no outputs: exit code {run.exit_code}, {run.last_line}")
    demand(not run.links, f"links: {', '.join(run.links)[:150]}")
    return f"no link among {len(run.outputs)} outputs"


def evaluation(bench: Bench) -> ProcessingRun:
    """Evaluate the model on the data that it was trained with."""
    return _process(bench, lambda _: None)


def without_data(bench: Bench) -> ProcessingRun:
    """Run the job without its test data."""
    return _process(bench, shutil.rmtree)


def with_wrong_row(bench: Bench) -> ProcessingRun:
    """Run the job with a last row of cells that no column holds."""
    return _process(bench, lambda folder: _spoil(folder, WRONG_CELL))


def with_another_wrong_row(bench: Bench) -> ProcessingRun:
    """Run the job with a last row that differs by a byte."""
    return _process(bench, lambda folder: _spoil(folder, f"x{WRONG_CELL}"))


def _failures(bench: Bench) -> dict[str, ProcessingRun]:
    return {"without data": bench.once(without_data), "a wrong row": bench.once(with_wrong_row)}


def _spoil(folder: Path, cell: str) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            lines = path.read_bytes().rstrip(b"\n").split(b"\n")
            cells = lines[-1].count(b",") + 1
            wrong = ",".join([cell, *["?"] * (cells - 1)])
            path.write_bytes(b"\n".join([*lines, wrong.encode()]) + b"\n")


def _process(bench: Bench, change_data: Callable[[Path], None]) -> ProcessingRun:
    """Run the job on the model, as model.tar.gz, and on the files of the first channel."""
    demand(bench.model, "there is no model to evaluate: the training job left none, and --model gives none")
    words = shlex.split(bench.processing)
    with bench.mounted_folder() as base:
        write_input(bench, base, words)
        change_data(base / "processing/input/test")
        mounts = [f"--volume={base / name}:{place}" for name, place in MOUNTED.items()]
        with running(bench.image, words[1:], [f"--entrypoint={words[0]}", *mounts, ONE_CORE]) as container:
            code = container.wait(PATIENCE)
            bench.hand_over(base)
            folder = base / "processing/output"
            paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()]
            outputs = [path.relative_to(folder).as_posix() for path in paths]
            links = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_symlink()]
            message = base / "output/message"
            told = message.read_bytes() if message.exists() else None
            changed = [] if container.not_started else container.changed_paths()
            return ProcessingRun(code, container.last_line(), told, outputs, links, _elsewhere(changed))


def _elsewhere(changed: list[str]) -> list[str]:
    """Leave out folders on the way to a change, what SageMaker mounts, temporary files and caches."""
    parents = {str(parent) for path in [*changed, *MOUNTED.values()] for parent in PurePosixPath(path).parents}
    return [
        path
        for path in changed
        if path not in parents
        and path not in MOUNTED.values()
        and not f"{path}/".startswith(PASSING)
        and not any(part.startswith(".") or part == "__pycache__" for part in PurePosixPath(path).parts)
    ]
