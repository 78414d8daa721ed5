"""How far a transfer is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal, and nothing elsewhere.

    Args:
        what: is done: upload, download or copy.
        total: bytes.

    Yields:
        What is to be called with each number of bytes that has come further.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    figures = DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(TextColumn("{task.description}"), BarColumn(), *figures, console=console, transient=True) as progress:
        yield partial(progress.advance, progress.add_task(what, total=total))
