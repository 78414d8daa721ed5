"""A build after a change of the model's code: how long it takes, and what BuildKit ran for it."""

import re
import time
from collections.abc import Iterator

INSTALLS = re.compile(r"\bRUN\b.*\b(pip|apt-get)\b.*\binstall\b")


def seconds_to_rebuild(stack) -> float:
    """Change the code by a comment that no earlier build had, and build.

    Raises:
        RuntimeError: a step that installs libraries was not taken from the cache.
    """
    with stack.code.open("a") as file:
        file.write(f"# change {time.time_ns()}\n")
    start = time.perf_counter()
    log = stack.build()
    seconds = time.perf_counter() - start
    check_libraries(log)
    return seconds


def check_libraries(log: str) -> None:
    """See that no step of a build installed libraries.

    Raises:
        RuntimeError: one did, or the log has no such step, so that it shows nothing.
    """
    outcomes = [(step, outcome) for step, outcome in outcomes_in(log) if INSTALLS.search(step)]
    if not outcomes:
        raise RuntimeError(f"BuildKit's log names no step that installs libraries:\n{log}")
    for step, outcome in outcomes:
        if outcome != "CACHED":
            raise RuntimeError(f"a change of the model's code ran a step that installs libraries: {step}")


def outcomes_in(log: str) -> Iterator[tuple[str, str]]:
    """Give each step of BuildKit's plain log and how it went: CACHED, DONE, ERROR or CANCELED.

    A line has the number of its step; the log of a further build counts from 1 again.
    """
    steps: dict[str, str] = {}
    for number, text in re.findall(r"^#(\d+) (.*)$", log, re.MULTILINE):
        if text.startswith("["):
            steps[number] = text
        elif (word := text.split()[0] if text.strip() else "") in ("CACHED", "DONE", "ERROR", "CANCELED"):
            yield steps.get(number, ""), word
