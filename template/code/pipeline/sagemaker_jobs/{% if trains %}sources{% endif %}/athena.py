"""A query of Amazon Athena, as whoever asks for it: the grants of Lake Formation hold, no table is read past them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from utils import csv_rows

from ..settings import Athena
from . import Rows, SourceError, check_types
from .waiting import wait

NO_CELLS = {"array", "map", "row", "struct", "json", "binary", "varbinary"}
BOOLEANS = {"true": True, "false": False}


@contextmanager
def open_rows(source: Athena, region: str) -> Iterator[Rows]:
    """Run the query and give its rows, from the file that Athena writes.

    Raises:
        SourceError: the query failed, writes no such file, or has a column that is no cell.
        AwsError: Athena refuses, or the file may not be read.
    """
    import boto3

    from utils.aws.clients import client
    from utils.aws.errors import explained
    from utils.aws.s3_client import S3Client

    athena = client("athena", region)
    with explained(f"Athena, workgroup {source.workgroup}"):
        query = _run(athena, source)
        result = _place(athena, query)
        types = _types(athena, query)
    check_types(types, NO_CELLS)
    with TemporaryDirectory() as folder:
        path = Path(folder, "result.csv")
        S3Client(boto3.Session(), region).download(result, path)
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv_rows.reader(file)
            yield Rows(next(lines, []), _typed(lines, [kind for _, kind in types]))


def request(source: Athena) -> dict[str, Any]:
    """Give the request that starts the query."""
    return {
        "QueryString": source.query,
        "QueryExecutionContext": {"Database": source.database, "Catalog": source.catalog},
        "WorkGroup": source.workgroup,
        **({"ResultConfiguration": {"OutputLocation": source.results}} if source.results else {}),
    }


def _run(athena: Any, source: Athena) -> dict[str, str]:
    """Run the query; give what names it."""
    query = {"QueryExecutionId": athena.start_query_execution(**request(source))["QueryExecutionId"]}

    def look() -> tuple[str, str]:
        status = athena.get_query_execution(**query)["QueryExecution"]["Status"]
        return status["State"], status.get("StateChangeReason", "")

    wait(f"Athena's query {query['QueryExecutionId']}", look, lambda: athena.stop_query_execution(**query))
    return query


def _place(athena: Any, query: dict[str, str]) -> str:
    """Give the URI of the file that Athena has written."""
    described = athena.get_query_execution(**query)["QueryExecution"]
    result = described.get("ResultConfiguration", {}).get("OutputLocation", "")
    if not result.endswith(".csv"):
        raise SourceError(f"Athena's query has no result in S3 ({result or 'none'}); accepted: a SELECT, results in S3")
    return result


def _types(athena: Any, query: dict[str, str]) -> list[tuple[str, str]]:
    """Give the columns' names and types, of which the file says nothing."""
    described = athena.get_query_results(**query, MaxResults=1)["ResultSet"]["ResultSetMetadata"]
    return [(column["Name"], column["Type"]) for column in described["ColumnInfo"]]


def _typed(rows: Iterable[list[str]], types: list[str]) -> Iterator[list[Any]]:
    """Give rows, in which every cell is a text, with true and false as such."""
    booleans = [index for index, kind in enumerate(types) if kind == "boolean"]
    for row in rows:
        for index in booleans:
            row[index] = BOOLEANS.get(row[index])
        yield row
