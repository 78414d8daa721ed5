"""output/failure: the one text of a failed job that SageMaker shows, as its FailureReason."""

import sys

from ..paths import OptMl

SHOWN = 1024  # characters, says AWS's page on the failure file


def clear(folders: OptMl) -> None:
    """Remove what an earlier run left; a job that succeeds must leave no failure file."""
    (folders.output / "failure").unlink(missing_ok=True)


def write(folders: OptMl, cause: str) -> None:
    """Write the cause, cut to what is shown, into the failure file and on standard error; only the first one."""
    if (folders.output / "failure").exists():
        return
    text = cause if len(cause) <= SHOWN else f"{cause[: SHOWN - 3]}..."
    print(text, file=sys.stderr)
    try:
        folders.output.mkdir(parents=True, exist_ok=True)
        (folders.output / "failure").write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        print(f"the failure file could not be written: {error}", file=sys.stderr)
