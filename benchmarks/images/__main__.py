"""Measure the images of rendered projects beside those of the classic stack: `make bench-images`.

The figures go to standard output and into README.md. A missed target is reported and fails nothing; a container that
does not work, or a rebuild that installs libraries again, ends the run with exit code 1.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

# What builds and runs projects in the tests does so here.
sys.path.extend(str(Path(__file__).parents[2] / folder) for folder in ("tests", "tests/docker"))

from containers import STAMP, docker, megabytes, seconds_to_first_line, seconds_to_ping, train
from rebuilds import seconds_to_rebuild
from stacks import Classic, Rendered
from table import Row, table

ROUNDS = 5
README = Path(__file__).with_name("README.md")
NEWEST = "## Newest figures\n"
# AWS's toolkit as its users start it, without this template's process 1 before it.
BARE_TOOLKIT = (
    "env",
    "SAGEMAKER_PROGRAM=sagemaker_contract/toolkit/training/program.py",
    "python",
    "-m",
    "sagemaker_training.cli.train",
)


def main() -> int:
    """Run all of it, and give the exit code."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode:
        print("no Docker engine answers; tools/engine.sh starts one", file=sys.stderr)
        return 1
    os.environ |= {"DOCKER_BUILDKIT": "1"}
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "Benchmark", f"GIT_{role}_EMAIL": "benchmark@example.com"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = measure(Path(folder))
        except (RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            print(f"The benchmark stopped: {error}", file=sys.stderr)
            return 1
    print(report)
    README.write_text(README.read_text("utf-8").partition(NEWEST)[0] + NEWEST + "\n" + report, "utf-8")
    return 0


def measure(folder: Path) -> str:
    """Build the stacks, measure them, and give the report."""
    load = os.getloadavg()[0]
    fastapi = Rendered("bench-fastapi", folder)
    flask = Rendered("bench-flask", folder, web_framework="flask")
    toolkit = Rendered("bench-toolkit", folder, pattern="toolkit_on_own_image", web_framework="toolkit")
    classic = Classic(folder, fastapi.sample)
    stacks = (fastapi, flask, toolkit, classic)
    try:
        for stack in stacks:
            say(f"building {stack.title}")
            stack.build()
        rows = [*sizes(*stacks), *rebuilds(fastapi, classic)]
        rows += [*starts(folder, fastapi, flask, classic), *first_lines(fastapi, toolkit)]
    finally:
        remove_superseded(stacks)
    return f"{conditions(classic.base, load)}\n\n{table(rows)}"


def sizes(fastapi: Rendered, flask: Rendered, toolkit: Rendered, classic: Classic) -> list[Row]:
    """Compare what each serving image adds to its base."""
    fastapi, flask, toolkit, classic = (
        [megabytes(stack.serve_image) - megabytes(stack.base)] for stack in (fastapi, flask, toolkit, classic)
    )
    what = "Serving image over its base"
    return [
        Row(f"{what}: FastAPI / classic", fastapi, classic, "MB", ratio=0.33),
        Row(f"{what}: Flask / classic", flask, classic, "MB", ratio=0.33),
        Row(f"{what}: AWS's toolkits with Java / classic", toolkit, classic, "MB"),
    ]


def rebuilds(fastapi: Rendered, classic: Classic) -> list[Row]:
    """Compare builds after a change of the model's code."""
    ours, other = alternate(partial(seconds_to_rebuild, fastapi), partial(seconds_to_rebuild, classic))
    return [Row("Rebuild after a change of the model's code: build.sh, two images / classic, one", ours, other, most=3)]


def starts(folder: Path, *stacks: Rendered | Classic) -> list[Row]:
    """Compare container starts, each with a model that the stack's own image trained."""
    measures = []
    for stack in stacks:
        model = folder / "models" / stack.title
        model.mkdir(parents=True)
        train(stack, model)
        measures.append(partial(seconds_to_ping, stack, model))
    fastapi, flask, classic = alternate(*measures)
    what = "`docker run … serve` to the first 200 on /ping"
    return [
        Row(f"{what}: FastAPI / classic", fastapi, classic, ratio=0.8),
        Row(f"{what}: Flask / classic", flask, classic, ratio=0.8),
    ]


def first_lines(scratch: Rendered, toolkit: Rendered) -> list[Row]:
    """Compare the way from `docker run … train` to the model's code."""
    for stack in (scratch, toolkit):
        stack.code.write_text(STAMP + stack.code.read_text("utf-8"), "utf-8")
        stack.build(TARGET="train")
    ours, wrapped, bare = alternate(
        partial(seconds_to_first_line, scratch),
        partial(seconds_to_first_line, toolkit),
        partial(seconds_to_first_line, toolkit, *BARE_TOOLKIT),
    )
    what = "`docker run … train` to the first line of the model's code"
    return [
        Row(f"{what}: from_scratch / toolkit_on_own_image", ours, wrapped, ratio=0.7),
        Row(f"{what}: from_scratch / AWS's toolkit without our process 1", ours, bare),
    ]


def alternate(*measures: partial[float]) -> list[list[float]]:
    """Measure in turns, so that what else the machine does hits all alike; a first round is not counted."""
    samples: list[list[float]] = [[] for _ in measures]
    for round in range(ROUNDS + 1):
        for measure, own in zip(measures, samples, strict=True):
            own.append(measure())
            say(f"round {round}: {own[-1]:.2f} s  {measure.func.__name__} of {measure.args[0].title}")
    return [own[1:] for own in samples]


def remove_superseded(stacks: Iterable[Rendered | Classic]) -> None:
    """Remove the images that have lost their names to later builds of the same stack."""
    for stack in stacks:
        docker("image", "prune", "--force", "--filter", f"label=org.opencontainers.image.title={stack.title}")


def conditions(base: str, load: float) -> str:
    """Say when and where the figures come from."""
    versions = docker("version", "--format", "{{.Server.Version}}").stdout.strip()
    day = datetime.now(UTC).date().isoformat()
    return (
        f"{day}, {os.cpu_count()} cores, Docker {versions}, base image {base}, load average {load:.1f} at the start; "
        f"times are medians of {ROUNDS} in turns, with the least and the greatest."
    )


def say(what: str) -> None:
    """Show how far the run is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
