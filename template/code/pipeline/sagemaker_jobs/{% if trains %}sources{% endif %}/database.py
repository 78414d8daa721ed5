"""Rows of a database: of a query, or of the table in utils/db/schema.py."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..settings import Database
from . import Rows


@contextmanager
def open_rows(source: Database, region: str, label: str) -> Iterator[Rows]:
    """Give the rows.

    Args:
        source: the database, and the query if it has one.
        region: where a referenced password is kept.
        label: what the label column of the table is to be called.

    Raises:
        DatabaseError: it cannot be reached, or refuses the query.
        AwsError: the password cannot be had.
    """
    from utils.aws.references import resolve
    from utils.db import db_adapter, schema

    database = db_adapter.Database(source.url, source.password and resolve(source.password, region))
    if source.query:
        with database.rows(source.query) as (columns, values):
            yield Rows(columns, values)
    else:
        with database.session() as session:
            yield Rows(*schema.labelled_rows(session, label))
