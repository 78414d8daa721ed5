"""Collection: the source's data into the run's folder. Files and objects stay as they are; rows become CSV."""

from contextlib import AbstractContextManager

from sagemaker_jobs.dry_run import DryRun
from sagemaker_jobs.runs import Step
from sagemaker_jobs.settings import Athena, Bucket, Database, Files, Redshift, Source
from sagemaker_jobs.sources import Rows, athena, database, files, redshift, s3
from utils.config_reader import ConfigError

from ..context import Context
from . import csv_files


def run(context: Context) -> Step:
    """Bring the data to where the next batch reads it.

    Returns:
        The step: output `raw`, figure `bytes`, and `rows` where they are counted: those of a query.

    Raises:
        ConfigError: the source cannot be reached, or gives no data.
    """
    config, stored, uri = context.config, context.backend.stored, context.run.free_uri("collection")
    if not config.source:
        raise ConfigError("source is missing; accepted: kind, and its keys")
    if isinstance(context.backend, DryRun):
        _print_query(context.backend, config.source)
        return Step("collection", outputs={"raw": uri})
    target = str(config.training.hyperparameters.get("target", ""))
    match config.source:
        case Files() as source:
            figures = {"bytes": files.copy(source, stored, uri)}
        case Bucket() as source:
            figures = {"bytes": s3.copy(source, config.region, stored, uri)}
        case source:
            with _open_rows(source, config.region, target) as rows:
                figures = csv_files.write(rows, target, stored, uri)
    return Step("collection", outputs={"raw": uri}, metrics=figures)


def _open_rows(source: Database | Athena | Redshift, region: str, target: str) -> AbstractContextManager[Rows]:
    match source:
        case Database():
            return database.open_rows(source, region, label=target or "label")
        case Athena():
            return athena.open_rows(source, region)
        case Redshift():
            return redshift.open_rows(source, region)


def _print_query(backend: DryRun, source: Source) -> None:
    """Print the request of a query; nothing else is asked of a source in a dry run."""
    match source:
        case Athena():
            backend.client("athena").start_query_execution(**athena.request(source))
        case Redshift():
            backend.client("redshift-data").execute_statement(**redshift.request(source))
