"""How much memory there is, as the kernel counts it; where it does not say, nothing is refused."""

import ctypes
import gc
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# The limit of a control group, what it uses, and which part of that is files that the kernel drops at need.
FIGURES = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)
RESERVE = 0.05  # of a limit, kept for requests and their answers
STACKS = 4 * (os.cpu_count() or 1) * 2**23  # reserved, not used, by threads that a library starts as it loads
MOST_FILES = 10_000


def free() -> int:
    """Give the bytes that this container may still take, by its own limit, those around it, and the machine's."""
    machine = _table("/proc/meminfo").get("MemAvailable", sys.maxsize)
    return min([machine, *_free_in_groups()])


def own() -> int:
    """Give the bytes that this process holds for itself alone."""
    return _table("/proc/self/status").get("RssAnon", 0)


def of_files(folder: Path) -> int:
    """Give the bytes of the files under a folder, as long as it has no more files than a model."""
    return sum(path.stat().st_size for path in islice(folder.rglob("*"), MOST_FILES) if path.is_file())


@contextmanager
def at_most(size: int) -> Iterator[None]:
    """Let this process take only so many bytes more inside the `with` block, so that it meets a MemoryError.

    Without that, the kernel would kill the process with all the models in it.
    """
    held = _table("/proc/self/status").get("VmData")
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(ValueError, OSError):
        if held is not None and before[0] == resource.RLIM_INFINITY:
            resource.setrlimit(resource.RLIMIT_DATA, (min(held + size + STACKS, sys.maxsize), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def is_lack(error: BaseException | None) -> bool:
    """Tell whether an error says that memory was lacking; libraries in C++ have words of their own for it."""
    if isinstance(error, MemoryError):
        return True
    return any(word in str(error).lower() for word in ("bad_alloc", "allocate memory", "out of memory"))


def give_back() -> None:
    """Give what is no longer used back to the system, which glibc else keeps for later."""
    gc.collect()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _free_in_groups() -> Iterator[int]:
    for folder in _groups():
        for limit_name, used_name, cache_name in FIGURES:
            with suppress(OSError, ValueError):  # no such group, or no limit
                limit = int((folder / limit_name).read_text())
                used = int((folder / used_name).read_text()) - _table(folder / "memory.stat").get(cache_name, 0)
                yield int(limit * (1 - RESERVE)) - used


def _groups() -> set[Path]:
    """Give the folders of this process's control groups, and of those around them."""
    folders = {CGROUPS, CGROUPS / "memory"}
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                group = CGROUPS / controllers / path.lstrip("/")
                folders |= {group, *(parent for parent in group.parents if parent.is_relative_to(CGROUPS))}
    return folders


def _table(path: str | Path) -> dict[str, int]:
    """Read lines such as `MemAvailable:  1024 kB` or `inactive_file 1048576`, as bytes."""
    figures = {}
    with suppress(OSError):
        for line in Path(path).read_text().splitlines():
            name, *words = line.replace(":", " ").split()
            if words and words[0].isdecimal():
                figures[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    return figures
