"""The tables of the database: a table of observations, whatever is observed.

Replace it by your own: declare your tables as classes below Base, and give `labelled_rows` columns and rows from them.
Or keep the tables to yourself and write the query into the configuration, as `source.query`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Integer, String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from .db_adapter import CHUNK, DatabaseError
from .enum import Status


class Base(DeclarativeBase):
    """What all tables have in common."""


class Observation(Base):
    """Something that was measured, or a text, and what it turned out to be.

    Attributes:
        id: counts up.
        status: how far it is.
        recorded_at: when it came.
        features: numbers or texts by name; every observation has the same names. MySQL sorts them.
        label: what a model is to predict, as a text also where it is a number.
    """

    __tablename__ = "observation"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    status: Mapped[Status] = mapped_column(
        Enum(Status, native_enum=False, length=16, values_callable=lambda words: [word.value for word in words]),
        index=True,
    )
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    features: Mapped[dict[str, Any]] = mapped_column(JSON)
    label: Mapped[str | None] = mapped_column(String(255))


def labelled_rows(session: Session, label: str) -> tuple[list[str], Iterator[Sequence[Any]]]:
    """Give what a model can be trained on, in the order in which it came.

    Args:
        session: of the database.
        label: what the label column is to be called.

    Returns:
        The columns, the label last, and the rows, which are read from the database as they are taken.

    Raises:
        DatabaseError: while they are taken: one has other features than the first.
    """
    query = select(Observation).where(Observation.status == Status.LABELLED).order_by(Observation.id)
    found = session.scalars(query.execution_options(yield_per=CHUNK))
    first = next(found, None)
    if first is None:
        return [label], iter([])
    names = list(first.features)
    return [*names, label], (_row(observation, names) for observation in chain([first], found))


def _row(observation: Observation, names: list[str]) -> list[Any]:
    features = observation.features
    if features.keys() != set(names):
        other = ", ".join(sorted(features.keys() ^ set(names))[:5])
        raise DatabaseError(f"observation {observation.id} differs from the first in {other}; accepted: equal features")
    return [*(features[name] for name in names), observation.label]
