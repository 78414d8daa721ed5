"""Put a CSV file into the table of observations: `python -m utils.db.load FILE URL`.

The last column is the label. The table is made where it is missing; the rows come on top of those that it has.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from .. import csv_rows
from ..aws.references import resolve
from ..config_reader import ConfigError
from .db_adapter import CHUNK, Database
from .enum import Status
from .schema import Base, Observation


def load(path: Path, database: Database) -> int:
    """Add the rows of a file with a header row, and give their number.

    Raises:
        ConfigError: the database cannot be written, the file is no CSV in UTF-8, or a row has more or fewer cells than
            the header; nothing is added.
    """
    count = 0
    with database.session() as session:
        Base.metadata.create_all(session.connection())
        for count, observation in enumerate(_observations(path), start=1):
            session.add(observation)
            if count % CHUNK == 0:
                session.flush()
                session.expunge_all()
        session.commit()
    return count


def _observations(path: Path) -> Iterator[Observation]:
    with path.open(encoding="utf-8-sig", newline="") as file:  # with or without the mark that Excel puts first
        lines = csv_rows.reader(file)
        try:
            header = next(lines, [])
            for cells in lines:
                if len(cells) != len(header):
                    wrong = f"{path}, line {lines.line_num}: {len(cells)} cells"
                    raise ConfigError(f"{wrong}; accepted: {len(header)}, as in the header")
                features = dict(zip(header[:-1], map(_value, cells), strict=False))
                yield Observation(status=Status.LABELLED, features=features, label=cells[-1])
        except (UnicodeDecodeError, csv.Error) as error:
            raise ConfigError(f"{path}: {error}; accepted: CSV in UTF-8") from None


def _value(text: str) -> Any:
    """Read a number as one, and an empty cell as missing."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return text
    return value if value is None or (type(value) in (int, float) and isfinite(value)) else text


def main() -> str | None:
    """Load what the command line names; give what is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m utils.db.load", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("file", type=Path, help="CSV with a header row, the label last")
    parser.add_argument("url", help="such as sqlite:///sample.db")
    parser.add_argument("--password", help="a reference, such as env:NAME")
    region = os.environ.get("AWS_REGION")
    parser.add_argument("--region", default=region, help="where a referenced password is kept; by default AWS_REGION")
    given = parser.parse_args()
    try:
        password = given.password and resolve(given.password, given.region or None)
        print(load(given.file, Database(given.url, password)), "observations are added")
    except (ConfigError, OSError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
