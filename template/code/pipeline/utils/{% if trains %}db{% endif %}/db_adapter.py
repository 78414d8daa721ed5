"""A database by its URL: PostgreSQL, MySQL, or SQLite on a laptop."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from ..config_reader import ConfigError

CHUNK = 2000  # rows that are in memory at a time
BY_CHUNKS = {
    "stream_results": True,  # the rest waits in the server
    "max_row_buffer": CHUNK,
    "no_parameters": True,  # % is a sign like any other
}
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
WAITS = {"connect_timeout": 10}  # seconds
PAUSES = {"init_command": "SET SESSION net_write_timeout=3600"}  # between rows, for the upload of those before
BY_DEFAULT = {"sqlite": {}, "mysql": WAITS | PAUSES, "mariadb": WAITS | PAUSES}
ACCEPTED = "accepted: a URL such as postgresql://user@host/name, mysql://user@host/name or sqlite:///file.db"


class DatabaseError(ConfigError):
    """A database cannot be reached, or refuses what it is asked for; the message never has the password."""


class Database:
    """A database.

    Args:
        url: where it is; without a driver's name, psycopg reaches PostgreSQL, and PyMySQL reaches MySQL.
        password: of the user that the URL names.

    Raises:
        DatabaseError: the URL is none, or there is no driver for it.
    """

    def __init__(self, url: str, password: str | None = None) -> None:
        try:
            parsed = make_url(url)
            parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
            parsed = parsed.set(password=password) if password else parsed
            defaults = BY_DEFAULT.get(parsed.get_backend_name(), WAITS)
            arguments = {name: value for name, value in defaults.items() if name not in parsed.query}
            self._engine = create_engine(parsed, connect_args=arguments, hide_parameters=True, poolclass=NullPool)
        except (ArgumentError, ValueError):  # such as a port that is no number
            raise DatabaseError(f"the database's URL cannot be read; {ACCEPTED}") from None
        except ImportError as error:
            raise DatabaseError(f"{_open(parsed)}: {error}; {ACCEPTED}") from None
        self._name = _open(parsed)

    @contextmanager
    def rows(self, query: str) -> Iterator[tuple[list[str], Iterator[Sequence[Any]]]]:
        """Give the columns and the rows of a query, which are read from the database as they are taken.

        Nothing that the query may have changed is kept.

        Raises:
            DatabaseError: the database cannot be reached, or refuses the query.
        """
        with self._explained(), self._engine.connect() as connection:
            connection = connection.execution_options(**BY_CHUNKS)
            result = connection.exec_driver_sql(query)
            if not result.returns_rows:
                raise DatabaseError(f"{self._name}: the query gives no rows; accepted: a SELECT")
            yield list(result.keys()), chain.from_iterable(result.partitions(CHUNK))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session; what was changed is kept where it is committed.

        Raises:
            DatabaseError: the database cannot be reached, or refuses what it is asked for.
        """
        with self._explained(), Session(self._engine) as session:
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            words = " ".join(str(cause).split())
            accepted = "a database that answers, and a SELECT that it takes"
            raise DatabaseError(f"{self._name}: {words}; accepted: {accepted}") from None


def _open(url: Any) -> str:
    """Write the URL without what may be secret: the password, and all behind a question mark."""
    return url.set(query={}).render_as_string(hide_password=True)
