"""The rows to predict."""

from sagemaker_jobs import local_files
from sagemaker_jobs.dry_run import DryRun

from ..context import Context


def of(context: Context, output: str) -> str:
    """Give the URI of the rows; those that lie on this machine are uploaded into the run's folder.

    Args:
        context: whose `inference.rows` count.
        output: of the preprocessing, in whose place they come.
    """
    given = context.config.inference.rows
    if not given:
        return context.before("preprocess").outputs[output]
    if given.startswith("s3://"):
        return given
    uri = context.run.free_uri("inference", "rows")
    if not isinstance(context.backend, DryRun):
        local_files.copy("inference.rows", given, context.backend.stored, uri)
    return f"{uri}/"
