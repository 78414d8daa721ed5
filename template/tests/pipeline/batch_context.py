"""A batch's context in which nothing is sent, or all of it to this machine."""

from rich.console import Console

from batches.context import Context
from sagemaker_jobs.backends import Backend
from sagemaker_jobs.dry_run import DryRun
from sagemaker_jobs.following import Follower
from sagemaker_jobs.runs import Run
from sagemaker_jobs.settings import Config


def context(config: Config, backend: Backend | None = None) -> Context:
    """Give the context; without a backend that of a dry run."""
    backend = backend or DryRun(config)
    run, console = Run(config, backend.stored), Console(quiet=True)
    return Context(config, run, backend, Follower(backend, console, 0.05, asks=False), console)
