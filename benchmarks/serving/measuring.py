"""What is measured of one system."""

import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median

from environments import HERE
from processes import Memory, memory, settle, started
from sample import SIZES, Sample, body, is_healthy

CONNECTIONS = 8
POLL = 0.01  # seconds between two pings of a system that starts
PATIENCE = 120  # seconds for a system to become healthy
WARM_UP = 3  # seconds of load that are not counted


class Failed(Exception):
    """A system that does not do what it should; the message says what."""


@dataclass(frozen=True)
class Plan:
    """How much is measured: seconds of each load, and how many of them, and starts, a median is taken of."""

    seconds: int
    rounds: int


@dataclass(frozen=True)
class Load:
    """One run of wrk."""

    rate: float  # requests/s
    p99: float  # ms
    failed: int  # answers beyond 3xx, broken and late connections


@dataclass
class Figures:
    """What was measured of a system.

    Attributes:
        starts: seconds from the command to the first healthy ping.
        lies: starts whose first healthy ping was not followed by a right prediction.
        loads: by number of rows.
        failed: requests that failed, those of the warm-up included.
        memory: after all load.
        problem: why there are no figures, or why they count for nothing.
    """

    starts: list[float] = field(default_factory=list)
    lies: int = 0
    loads: dict[int, list[Load]] = field(default_factory=dict)
    failed: int = 0
    memory: Memory | None = None
    problem: str = ""

    @property
    def ready(self) -> float:
        """Median seconds to the first healthy ping."""
        return median(self.starts)

    def rate(self, rows: int) -> float:
        """Median requests/s."""
        return median(load.rate for load in self.loads[rows])

    def p99(self, rows: int) -> float:
        """Median of the loads' 99th percentiles of latency, ms."""
        return median(load.p99 for load in self.loads[rows])


def measure(system, sample: Sample, plan: Plan) -> Figures:
    """Start a system several times, and put it under load after the last start."""
    figures = Figures()
    try:
        for _ in range(plan.rounds - 1):
            with healthy(system, sample, figures):
                pass
        with healthy(system, sample, figures) as (process, port):
            settle(process)
            if system.predicts and (wrong := sample.wrong_answer(port)):
                raise Failed(wrong)
            for rows in SIZES:
                figures.failed += wrk(port, WARM_UP, rows).failed
                figures.loads[rows] = [wrk(port, plan.seconds, rows) for _ in range(plan.rounds)]
                figures.failed += sum(load.failed for load in figures.loads[rows])
            if process.poll() is not None:
                raise Failed(f"it ended with {process.returncode} under load")
            figures.memory = memory(process, system.workers)
    except Failed as failure:
        figures.problem = str(failure)
    if figures.failed:
        figures.problem = f"{figures.failed} requests failed"
    return figures


@contextmanager
def healthy(system, sample: Sample, figures: Figures) -> Iterator[tuple[subprocess.Popen, int]]:
    """Start a system, note how long it takes to become healthy and whether it predicts then, and end it.

    Raises:
        Failed: it ended, or never became healthy.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        command, variables = system.arguments(port), system.variables(port, scratch)
        begin = time.perf_counter()
        with started(command, system.folder, variables) as process:
            while not is_healthy(port):
                if process.poll() is not None:
                    raise Failed(f"it ended with {process.returncode} before it was healthy")
                if time.perf_counter() - begin > PATIENCE:
                    raise Failed(f"it was not healthy within {PATIENCE} s")
                time.sleep(POLL)
            figures.starts.append(time.perf_counter() - begin)
            figures.lies += system.predicts and not sample.answers_one(port)
            yield process, port


def free_port() -> int:
    """Give a free port below those that clients get, which multi-model-server takes no port of."""
    for port in range(18080, 32768):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("0.0.0.0", port))
            return port
    raise Failed("no port from 18080 to 32767 is free")


def wrk(port: int, seconds: int, *rows: int) -> Load:
    """Put a system under load: bodies of so many rows, in turn."""
    options = ["--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"]
    files = [str(body(count)) for count in rows]
    url = f"http://127.0.0.1:{port}/invocations"
    command = ["wrk", *options, "--script", str(HERE / "post.lua"), url, "--", *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    except subprocess.TimeoutExpired:
        raise Failed(f"wrk did not end within {seconds + 60} s") from None
    if done.returncode:
        raise Failed(f"wrk: exit code {done.returncode}: {(done.stderr or done.stdout)[-200:]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    return Load(figures["requests"] / figures["microseconds"] * 1e6, figures["p99"] / 1e3, figures["failed"])
