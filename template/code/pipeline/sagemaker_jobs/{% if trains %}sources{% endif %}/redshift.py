"""A query of Amazon Redshift, by its Data API: no driver, no network of one's own, at most 500 MB of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..settings import Redshift
from . import Rows, SourceError, check_types
from .waiting import wait

NO_CELLS = {"super", "varbyte", "geometry", "geography", "hllsketch"}  # which come as texts


@contextmanager
def open_rows(source: Redshift, region: str) -> Iterator[Rows]:
    """Run the query and give its rows, a page after the other.

    Raises:
        SourceError: the query failed, has no rows to give, or a column that is no cell.
        AwsError: Redshift refuses.
    """
    from utils.aws.clients import client
    from utils.aws.errors import explained

    redshift = client("redshift-data", region)
    with explained(f"Redshift, {source.cluster or source.workgroup}"):
        query = _run(redshift, source)
        first = redshift.get_statement_result(**query)
        check_types([(column["name"], column.get("typeName", "")) for column in first["ColumnMetadata"]], NO_CELLS)
        columns = [column.get("label") or column["name"] for column in first["ColumnMetadata"]]
        yield Rows(columns, _rows(redshift, query, first))


def request(source: Redshift) -> dict[str, Any]:
    """Give the request that starts the query."""
    access = {
        "ClusterIdentifier": source.cluster,
        "WorkgroupName": source.workgroup,
        "SecretArn": source.secret_arn,
        "DbUser": source.user,
    }
    given = {name: value for name, value in access.items() if value}
    return {"Sql": source.query, "Database": source.database, **given}


def _run(redshift: Any, source: Redshift) -> dict[str, str]:
    """Run the query; give what names it."""
    query = {"Id": redshift.execute_statement(**request(source))["Id"]}

    def look() -> tuple[str, str]:
        described = redshift.describe_statement(**query)
        return described["Status"], described.get("Error", "")

    wait(f"Redshift's query {query['Id']}", look, lambda: redshift.cancel_statement(**query))
    if not redshift.describe_statement(**query).get("HasResultSet", True):
        raise SourceError(f"Redshift's query {query['Id']} has no rows to give; accepted: a SELECT")
    return query


def _rows(redshift: Any, query: dict[str, str], page: dict[str, Any]) -> Iterator[list[Any]]:
    while True:
        for record in page["Records"]:
            yield [None if field.get("isNull") else next(iter(field.values())) for field in record]
        if not page.get("NextToken"):
            return
        page = redshift.get_statement_result(**query, NextToken=page["NextToken"])
