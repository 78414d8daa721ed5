"""A query of Amazon Athena, as whoever asks for it: the grants of Lake Formation hold, no table is read past them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from utils import csv_rows

from ..settings import Athena
from . import Rows, SourceError
from .waiting import wait


@contextmanager
def open_rows(source: Athena, region: str) -> Iterator[Rows]:
    """Run the query and give its rows, from the file that Athena writes.

    Raises:
        SourceError: the query failed, or writes no such file.
        AwsError: Athena refuses, or the file may not be read.
    """
    import boto3

    from utils.aws.clients import client
    from utils.aws.errors import explained
    from utils.aws.s3_client import S3Client

    athena = client("athena", region)
    with explained(f"Athena, workgroup {source.workgroup}"):
        result = _run(athena, source)
    if not result.endswith(".csv"):
        raise SourceError(f"Athena's query has no result in S3 ({result or 'none'}); accepted: a SELECT, results in S3")
    with TemporaryDirectory() as folder:
        path = Path(folder, "result.csv")
        S3Client(boto3.Session(), region).download(result, path)
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv_rows.reader(file)
            yield Rows(next(lines, []), lines)


def request(source: Athena) -> dict[str, Any]:
    """Give the request that starts the query."""
    return {
        "QueryString": source.query,
        "QueryExecutionContext": {"Database": source.database, "Catalog": source.catalog},
        "WorkGroup": source.workgroup,
        **({"ResultConfiguration": {"OutputLocation": source.results}} if source.results else {}),
    }


def _run(athena: Any, source: Athena) -> str:
    """Run the query; give the URI of its result, or nothing."""
    query = {"QueryExecutionId": athena.start_query_execution(**request(source))["QueryExecutionId"]}

    def look() -> tuple[str, str]:
        status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
        return status["State"], status.get("StateChangeReason", "")

    wait(f"Athena's query {query['QueryExecutionId']}", look, lambda: athena.stop_query_execution(**query))
    described = athena.get_query_execution(**query)["QueryExecution"]
    return described.get("ResultConfiguration", {}).get("OutputLocation", "")
