"""When and where figures come from."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

# The option by which a program tells its version, and where it stands in what it prints.
TOLD = {"nginx": ("-v", r"nginx/(\S+)"), "java": ("-version", r'"(\S+)"'), "wrk": ("-v", r"wrk (?:debian/)?(\S+)")}


def conditions(load: float) -> str:
    """Name the machine and what measured on it."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    total = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, "
        f"{int(total[1]) / 2**20:.0f} GiB of memory, load average {load:.1f} at the start, "
        f"Python {platform.python_version()}, wrk {version('wrk')}"
    )


def version(program: str) -> str:
    """Give the version of a program of TOLD that this machine has."""
    option, pattern = TOLD[program]
    done = subprocess.run([program, option], capture_output=True, text=True, env={"PATH": search_path()})
    return re.search(pattern, done.stdout + done.stderr)[1]


def search_path() -> str:
    """Give the PATH of a system: that of the shell, and where Debian installs nginx."""
    return f"{os.environ['PATH']}:/usr/sbin"
