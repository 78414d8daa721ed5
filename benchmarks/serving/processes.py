"""A system's processes: started in a session of their own, found by it, measured, and all ended with it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

GRACE = 15  # seconds that a system has to end after SIGTERM
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """What a system holds, in 10^6 bytes.

    Attributes:
        resident: RSS of a worker, the mean of all workers.
        proportional: PSS of a worker: pages that processes share count in parts.
        whole: PSS of all processes together, masters and proxies too.
    """

    resident: float
    proportional: float
    whole: float


class _Stat(NamedTuple):
    state: str
    parent: int
    session: int
    cpu_seconds: float


@contextmanager
def started(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen]:
    """Start a system, and end all of its processes whatever happens; should something fail, show its log."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        except Exception:
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            end(process)


def end(process: subprocess.Popen) -> None:
    """End a system as SageMaker does, by SIGTERM; whatever is left after a while gets SIGKILL."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        print(f"{process.args} did not end within {GRACE} s of SIGTERM", file=sys.stderr)
    finally:
        while left := _session(process.pid):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.poll()
            time.sleep(0.05)


def memory(process: subprocess.Popen, workers: int) -> Memory:
    """Measure a system. Its workers are the largest of the processes that have no children of their own."""
    session = _session(process.pid)
    parents = {stat.parent for stat in session.values()}
    sizes = {pid: _sizes(pid) for pid in session}
    leaves = sorted((size for pid, size in sizes.items() if pid not in parents), reverse=True)[:workers]
    resident, proportional = (sum(column) / len(leaves) for column in zip(*leaves, strict=True))
    return Memory(resident, proportional, sum(pss for _, pss in sizes.values()))


def settle(process: subprocess.Popen) -> None:
    """Wait until a system does nothing, half a minute at most: until its other workers have started, too."""
    for _ in range(30):
        before = _cpu_seconds(process)
        time.sleep(1)
        if _cpu_seconds(process) - before < 0.05:
            return


def pids(process: subprocess.Popen) -> set[int]:
    """Give all processes of a system."""
    return set(_session(process.pid))


def _session(leader: int) -> dict[int, _Stat]:
    stats = {int(entry.name): _stat(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    return {pid: stat for pid, stat in stats.items() if stat and stat.session == leader and stat.state != "Z"}


def _stat(entry: Path) -> _Stat | None:
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return None
    return _Stat(fields[0], int(fields[1]), int(fields[3]), (int(fields[11]) + int(fields[12])) / TICKS)


def _sizes(pid: int) -> tuple[float, float]:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    kibibytes = {line.split()[0]: int(line.split()[1]) for line in lines}
    return kibibytes["Rss:"] * 1024 / 1e6, kibibytes["Pss:"] * 1024 / 1e6


def _cpu_seconds(process: subprocess.Popen) -> float:
    return sum(stat.cpu_seconds for stat in _session(process.pid).values())
