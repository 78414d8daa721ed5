"""How long a command takes, and how much processor time."""

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from templates import Template, commit

ROUNDS = 5


@dataclass(frozen=True)
class Times:
    """Samples of one command, in seconds: by the clock, and of the processor, what it started included."""

    clock: list[float]
    processor: list[float]

    def __str__(self) -> str:
        """Give the cells of a table: the median, the least and the greatest by the clock, the processor's median."""
        least, most = min(self.clock), max(self.clock)
        return f"{median(self.clock):.2f} ({least:.2f} to {most:.2f}) | {median(self.processor):.2f}"


def starts(copier: Path) -> Times:
    """Time what Copier takes to start and do nothing."""
    return times([run([str(copier), "--version"]) for _ in range(ROUNDS)])


def copies(templates: dict[str, Template]) -> dict[str, Times]:
    """Time copies of several templates, by turns, so that a busy minute hits all."""
    samples: dict[str, list] = {name: [] for name in templates}
    for _ in range(ROUNDS):
        for name, template in templates.items():
            with tempfile.TemporaryDirectory() as folder:
                samples[name].append(run(template.copy(Path(folder) / "project")))
    return {name: times(pairs) for name, pairs in samples.items()}


def updates(templates: dict[str, Template]) -> dict[str, Times]:
    """Time updates over one release, by turns, each of a project as it was copied."""
    samples: dict[str, list] = {name: [] for name in templates}
    with tempfile.TemporaryDirectory() as folder:
        projects = {name: Path(folder) / str(number) for number, name in enumerate(templates)}
        for name, template in templates.items():
            run(template.copy(projects[name]))
            template.prepare(projects[name])
            commit(projects[name])
        for _ in range(ROUNDS):
            for name, template in templates.items():
                project = shutil.copytree(projects[name], Path(folder) / "project")
                samples[name].append(run(template.update(project)))
                shutil.rmtree(project)
    return {name: times(pairs) for name, pairs in samples.items()}


def run(command: list[str]) -> tuple[float, float]:
    """Run a command, and give its seconds by the clock and of the processor.

    Raises:
        RuntimeError: it failed; the message ends with what it printed.
    """
    with tempfile.TemporaryFile() as printed:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=printed, stderr=printed, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {printed.read().decode()[-500:]}")
    return seconds, usage.ru_utime + usage.ru_stime


def times(samples: list[tuple[float, float]]) -> Times:
    """Sort samples of run() by what they tell."""
    clock, processor = zip(*samples, strict=True)
    return Times(list(clock), list(processor))
