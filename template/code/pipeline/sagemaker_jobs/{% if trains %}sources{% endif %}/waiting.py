"""Wait for a query that runs elsewhere; one that nobody waits for any more is stopped."""

import time
from collections.abc import Callable
from contextlib import suppress

from . import SourceError

LONGEST = 3600.0  # seconds
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0
DONE = {"SUCCEEDED", "FINISHED"}
BROKEN = {"FAILED", "CANCELLED", "ABORTED"}


def wait(query: str, look: Callable[[], tuple[str, str]], stop: Callable[[], object]) -> None:
    """Wait until a query is done.

    Args:
        query: what it is called in a message.
        look: gives its state, and the cause of a failure.
        stop: ends it; called where the waiting ends before it, whatever ends that: Ctrl-C, SIGTERM, an error.

    Raises:
        SourceError: it failed, was cancelled, or takes too long.
    """
    start, pause = time.monotonic(), FIRST_PAUSE
    try:
        while time.monotonic() - start < LONGEST:
            state, cause = look()
            if state in DONE:
                return
            if state in BROKEN:
                break
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        else:
            raise SourceError(f"{query} took more than {LONGEST:g} s and was stopped; accepted: a quicker query")
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            stop()
        raise
    words = " ".join(cause.split()) or "no cause is given"
    raise SourceError(f"{query} {state.lower()}: {words}; accepted: a query that runs")
