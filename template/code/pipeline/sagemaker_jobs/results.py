"""What a run came to, as a table: its jobs, how long each took, its figures, and where its outputs lie."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .runs import Step

MOST_FIGURES = 6


def show(console: Console, run: str, steps: Iterable[Step], where: Callable[[str], str]) -> None:
    """Print the table of a run, and below it where each output lies.

    Args:
        console: where to.
        run: its name.
        steps: its steps, in their order.
        where: turns a URI into what a person opens.
    """
    steps = list(steps)
    table = Table(title=f"Run {run}", title_justify="left", show_edge=False)
    table.add_column("batch")
    table.add_column("status")
    table.add_column("time", justify="right")
    table.add_column("figures")
    for step in steps:
        figures = ", ".join(f"{name} {_short(value)}" for name, value in list(step.metrics.items())[:MOST_FIGURES])
        _add(table, step.batch, step.status, f"{step.seconds:.1f} s", figures or step.cause)
    console.print(table)
    for step in steps:
        for name, uri in step.outputs.items():
            console.print(f"{step.batch} {name}: {where(uri)}", markup=False, highlight=False, soft_wrap=True)


def compare(console: Console, runs: dict[str, list[Step]], conditions: dict[str, dict[str, str]]) -> None:
    """Print a line for each training of several: its conditions and its figures, the best of the first figure above.

    Args:
        console: where to.
        runs: the steps of each run, by its name.
        conditions: what was set for each run, by dotted keys.
    """
    keys = sorted({key for changed in conditions.values() for key in changed})
    figures = {name: _figures(steps) for name, steps in runs.items()}
    names = list(dict.fromkeys(name for found in figures.values() for name in found))[:MOST_FIGURES]
    table = Table(title="Trainings compared", title_justify="left", show_edge=False)
    table.add_column("run", no_wrap=True)
    for heading in (*keys, "status", *names):
        table.add_column(Text(heading))
    ranked = sorted(runs, key=lambda run: -figures[run].get(names[0], float("-inf")) if names else 0)
    for run in ranked:
        status = runs[run][-1].status if runs[run] else "Failed"
        set_ = [conditions[run].get(key, "") for key in keys]
        _add(table, run, *set_, status, *[_short(figures[run][name]) if name in figures[run] else "" for name in names])
    console.print(table)
    if ranked:
        console.print(f"To go on with one of them: --run {ranked[0]}", highlight=False, soft_wrap=True)


def _add(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # as they are: a cause may have brackets


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def _figures(steps: list[Step]) -> dict[str, float]:
    found = {step.batch: step.metrics for step in steps}
    return found.get("evaluation") or found.get("training") or {}
