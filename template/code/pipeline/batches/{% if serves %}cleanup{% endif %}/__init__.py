"""Show what runs, jobs too, and what it costs; ask, and delete the endpoints whose time is over, or all."""

from contextlib import suppress

from rich.table import Table

from sagemaker_jobs import asking, expired, prices, under_way
from sagemaker_jobs.dry_run import DryRun
from sagemaker_jobs.expired import Running
from sagemaker_jobs.faults import Faults
from sagemaker_jobs.runs import Step
from sagemaker_jobs.under_way import Job
from utils.aws.errors import NotThere
from utils.config_reader import ConfigError

from ..context import Context
from ..deployment import scale


def run(context: Context) -> Step:
    """Show this project's jobs and endpoints, ask, and delete the endpoints that have expired; jobs are left alone.

    With --all the others are deleted too.

    Without a terminal nobody can be asked, and nothing is deleted but with --yes. What cannot be looked at or deleted
    keeps from nothing else.

    Raises:
        ConfigError: there was such a thing.
    """
    faults = Faults(lambda line: context.console.print(line, markup=False, highlight=False, soft_wrap=True))
    found = expired.running(context.backend.sagemaker, context.config, faults)
    jobs = under_way.running(context.backend.sagemaker, context.config, faults)
    if isinstance(context.backend, DryRun):
        context.console.print("what runs is not asked here, but by `cleanup --dry-run` alone", highlight=False)
    else:
        _show_jobs(context, jobs)
        _show(context, found)
    over = [endpoint for endpoint in found if endpoint.is_expired]
    chosen = [endpoint for endpoint in (found if context.deletes_all else over) if endpoint.status != "Deleting"]
    deleted = 0
    for endpoint in chosen if chosen and _agreed(context, chosen) else []:
        with faults.told(f"endpoint {endpoint.name}"):
            _delete(context, endpoint, faults)
            deleted += 1
    if faults.number:
        told = f"cleanup: {faults.number} could not be looked at or deleted, for what is told above"
        raise ConfigError(f"{told}; accepted: the same command once that is put right")
    figures = {"jobs": len(jobs), "endpoints": len(found), "expired": len(over), "deleted": deleted}
    return Step("cleanup", metrics=figures)


def _delete(context: Context, endpoint: Running, faults: Faults) -> None:
    sagemaker, configuration = context.backend.sagemaker, f"configuration {endpoint.configuration}"
    with suppress(NotThere):
        sagemaker.delete_endpoint(EndpointName=endpoint.name)  # first: it alone costs
    context.console.print(f"deleted: endpoint {endpoint.name}", highlight=False, soft_wrap=True)
    scale.delete_alarm(context, endpoint.name)  # the policies go with the endpoint
    with faults.told(configuration):
        if not expired.delete_configuration(sagemaker, context.config, endpoint.configuration):
            context.console.print(f"{configuration} is somebody else's, and stays", highlight=False, soft_wrap=True)


def _show_jobs(context: Context, jobs: list[Job]) -> None:
    config = context.config
    if not jobs:
        context.console.print(f"no job of {config.project} runs in {config.environment}", highlight=False)
        return
    table = _table("job", "kind", "machines", "$ an hour", "since")
    for job in jobs:
        table.add_row(job.name, job.kind.noun, job.machines, _dollars(job.hourly), f"{job.since:%Y-%m-%d %H:%M} UTC")
    context.console.print(table)
    example = jobs[0].kind.command(jobs[0].name, "stop")
    context.console.print(f"Jobs end by themselves, and none is stopped here; to stop one: {example}", soft_wrap=True)


def _show(context: Context, found: list[Running]) -> None:
    config = context.config
    if not found:
        context.console.print(f"no endpoint of {config.project} runs in {config.environment}", highlight=False)
        return
    table = _table("endpoint", "status", "machines", "$ an hour", "owner", "expires")
    for endpoint in found:
        cost = _dollars(endpoint.hourly)
        table.add_row(endpoint.name, endpoint.status, endpoint.machines, cost, endpoint.owner, _end(endpoint))
    context.console.print(table)
    known = prices.table()
    context.console.print(f"Prices: SageMaker in {known.region}, {known.as_of}; others differ.", highlight=False)


def _table(first: str, second: str, *others: str) -> Table:
    table = Table(show_edge=False)
    table.add_column(first, no_wrap=True)
    table.add_column(second, no_wrap=True)
    for heading in others:
        table.add_column(heading, overflow="fold")
    return table


def _dollars(hourly: float | None) -> str:
    return "unknown" if hourly is None else f"{hourly:.3f}"


def _end(endpoint: Running) -> str:
    if endpoint.expires is None:
        return "never"
    return f"{endpoint.expires:%Y-%m-%d %H:%M} UTC{', expired' if endpoint.is_expired else ''}"


def _agreed(context: Context, chosen: list[Running]) -> bool:
    names = ", ".join(endpoint.name for endpoint in chosen)
    if context.is_dry:
        context.console.print(f"would be deleted: {names}", highlight=False)
        return False
    if context.yes:
        return True
    if not asking.is_possible(context.console):
        context.console.print(f"would be deleted: {names}; accepted: --yes, where nobody can be asked", highlight=False)
        return False
    return asking.agreed(f"Delete {names}?", default=False)
