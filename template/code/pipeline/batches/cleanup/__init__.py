"""Show what runs and what it costs: the jobs, which are left alone, and the endpoints, of which some are deleted."""

from importlib import import_module
from importlib.util import find_spec

from sagemaker_jobs import under_way
from sagemaker_jobs.dry_run import DryRun
from sagemaker_jobs.faults import Faults
from sagemaker_jobs.runs import Step
from sagemaker_jobs.under_way import Job
from utils.config_reader import ConfigError

from ..context import Context
from . import tables

ENDPOINTS = f"{__name__}.endpoints"


def run(context: Context) -> Step:
    """Show this project's jobs; then look after its endpoints, which a project that only trains has not.

    What cannot be looked at or deleted keeps from nothing else.

    Raises:
        ConfigError: there was such a thing.
    """
    faults = Faults(lambda line: context.console.print(line, markup=False, highlight=False, soft_wrap=True))
    jobs = under_way.running(context.backend.sagemaker, context.config, faults)
    if isinstance(context.backend, DryRun):
        context.console.print("what runs is not asked here, but by `cleanup --dry-run` alone", highlight=False)
    else:
        _show(context, jobs)
    figures = {"jobs": len(jobs)}
    if find_spec(ENDPOINTS):
        figures |= import_module(ENDPOINTS).clean_up(context, faults)
    if faults.number:
        told = f"cleanup: {faults.number} could not be looked at or deleted, for what is told above"
        raise ConfigError(f"{told}; accepted: the same command once that is put right")
    return Step("cleanup", metrics=figures)


def _show(context: Context, jobs: list[Job]) -> None:
    config = context.config
    if not jobs:
        context.console.print(f"no job of {config.project} runs in {config.environment}", highlight=False)
        return
    table = tables.of("job", "kind", "machines", "$ an hour", "since")
    for job in jobs:
        hourly = tables.dollars(job.hourly)
        table.add_row(job.name, job.kind.noun, job.machines, hourly, f"{job.since:%Y-%m-%d %H:%M} UTC")
    tables.show(context, table)
    example = jobs[0].kind.command(jobs[0].name, "stop")
    context.console.print(f"Jobs end by themselves, and none is stopped here; to stop one: {example}", soft_wrap=True)
