"""output/message: the one text of a processing job that SageMaker shows, as its ExitMessage."""

import sys

from ..paths import OptMl

SHOWN = 1024  # bytes of UTF-8, says AWS's page on how SageMaker runs a processing container


def clear(folders: OptMl) -> None:
    """Remove what an earlier run left; a job that succeeds has no message."""
    (folders.output / "message").unlink(missing_ok=True)


def write(folders: OptMl, cause: str) -> None:
    """Write the cause, cut to what is shown, as the message and on standard error."""
    text = _cut(cause)
    print(text.decode(), file=sys.stderr)
    try:
        folders.output.mkdir(parents=True, exist_ok=True)
        (folders.output / "message").write_bytes(text)
    except OSError as error:
        print(f"the message could not be written: {error}", file=sys.stderr)


def _cut(cause: str) -> bytes:
    """Give at most 1 KB that ends with a whole character."""
    text = cause.encode("utf-8", errors="replace")
    if len(text) <= SHOWN:
        return text
    return text[: SHOWN - 3].decode("utf-8", errors="ignore").encode("utf-8") + b"..."
