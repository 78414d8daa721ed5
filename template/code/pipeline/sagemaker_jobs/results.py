"""What a run came to, as a table: its jobs, how long each took, its figures, and where its outputs lie."""

from collections.abc import Callable, Iterable
from math import inf

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .runs import Step
from .settings import Config

MOST_FIGURES = 6
JUDGING = ("evaluation", "tuning", "training")  # the first of them that has figures


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


def compare(
    console: Console, runs: dict[str, list[Step]], conditions: dict[str, dict[str, str]], config: Config
) -> None:
    """Print a line for each training of several: its conditions and its figures, the best above.

    Args:
        console: where to.
        runs: the steps of each run, by its name.
        conditions: what was set for each run, by dotted keys.
        config: says which figure tells the best.
    """
    keys = sorted({key for changed in conditions.values() for key in changed})
    figures = _figures(runs)
    found = dict.fromkeys(name for of_run in figures.values() for name in of_run)
    criterion, sign = _criterion(config, found)
    names = sorted(found, key=lambda name: name != criterion)[:MOST_FIGURES]
    table = Table(title="Trainings compared", title_justify="left", show_edge=False)
    table.add_column("run", no_wrap=True)
    for heading in (*keys, "status", *names):
        table.add_column(Text(heading))
    ranked = sorted(runs, key=lambda run: -sign * figures[run][criterion] if criterion in figures[run] else inf)
    for run in ranked:
        status = runs[run][-1].status if runs[run] else "Failed"
        set_ = [conditions[run].get(key, "") for key in keys]
        _add(table, run, *set_, status, *[_short(figures[run][name]) if name in figures[run] else "" for name in names])
    console.print(table)
    if criterion:
        words = f"To go on with the best by {criterion}: --run {ranked[0]}"
        console.print(words, markup=False, highlight=False, soft_wrap=True)
    elif ranked:
        console.print("To go on with one of them: --run RUN", highlight=False)


def _add(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # as they are: a cause may have brackets


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def _figures(runs: dict[str, list[Step]]) -> dict[str, dict[str, float]]:
    """Give the figures of each run, of the same batch for all: those of two batches do not compare."""
    found = {run: {step.batch: step.metrics for step in steps} for run, steps in runs.items()}
    judging = next((batch for batch in JUDGING if any(of.get(batch) for of in found.values())), "")
    return {run: of.get(judging, {}) for run, of in found.items()}


def _criterion(config: Config, names: Iterable[str]) -> tuple[str, int]:
    """Name the figure that tells the best, and give 1 where more of it is better, else -1; no name where none does."""
    tuned = {config.tuning.objective: 1 if config.tuning.goal == "Maximize" else -1}
    signs = {config.registration.metric: 1, "accuracy": 1, "r2": 1} | tuned
    return next(((name, sign) for name, sign in signs.items() if name in names), ("", 1))
