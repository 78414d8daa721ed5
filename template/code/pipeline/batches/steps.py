"""Take one batch: its record in the run, however it ends."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module

from sagemaker_jobs.following import JobFailed, JobGoesOn
from sagemaker_jobs.runs import Step
from utils.config_reader import ConfigError

from . import CLEANUP
from .context import Context


def take(batch: str, context: Context) -> Step:
    """Run a batch and record its step.

    Raises:
        JobFailed: its job failed or was stopped; the record has the cause, as it has of whatever else is raised.
        JobGoesOn: its job cannot be looked at any more, or is to go on.
        ConfigError: something that the batch needs is wrong or missing, or AWS refuses.
    """
    from utils.aws.errors import explained

    context.console.print(f"[bold]{batch}[/]")
    began, start = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()

    def record(step: Step) -> Step:
        step.started, step.seconds = began, time.monotonic() - start
        try:
            context.run.record(step)
        except ConfigError as error:
            if batch != CLEANUP:  # which needs no S3 but for this
                raise
            context.console.print(f"{batch} is not recorded: {error}", markup=False, highlight=False)
        return step

    try:
        with explained(batch):
            step = import_module(f"batches.{batch}").run(context)
    except BaseException as error:
        with suppress(ConfigError):  # such as expired credentials again: the first error is the one to tell
            record(_with_its_job(broken_off(batch, error), context.run.step(batch)))
        raise
    return record(step)


def _with_its_job(step: Step, known: Step | None) -> Step:
    """Keep the job that is recorded as under way, for --resume: what was raised was not its end."""
    if not step.job and known and known.status == "InProgress":
        step.job, step.status = known.job, "InProgress"
    return step


def broken_off(batch: str, error: BaseException) -> Step:
    """Give the record of a batch that an error ended."""
    match error:
        case JobFailed():
            return Step(batch, error.job, error.status, cause=error.cause)
        case JobGoesOn():
            return Step(batch, error.job, "InProgress", cause=error.cause)
        case KeyboardInterrupt() | SystemExit():
            return Step(batch, status="Stopped", cause="interrupted")
        case ConfigError():
            return Step(batch, status="Failed", cause=" ".join(str(error).split()))
    return Step(batch, status="Failed", cause=" ".join(f"{type(error).__name__}: {error}".split()))
