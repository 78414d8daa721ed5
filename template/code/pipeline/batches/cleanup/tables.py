"""Tables of what runs."""

from rich.table import Table

from sagemaker_jobs import prices

from ..context import Context


def of(first: str, second: str, *others: str) -> Table:
    """Give a table that folds none of its first two columns."""
    table = Table(show_edge=False)
    table.add_column(first, no_wrap=True)
    table.add_column(second, no_wrap=True)
    for heading in others:
        table.add_column(heading, overflow="fold")
    return table


def show(context: Context, table: Table) -> None:
    """Show it, and where its prices hold."""
    context.console.print(table)
    known = prices.table()
    context.console.print(f"Prices: SageMaker in {known.region}, {known.as_of}; others differ.", highlight=False)


def dollars(hourly: float | None) -> str:
    """Write what something costs an hour."""
    return "unknown" if hourly is None else f"{hourly:.3f}"
