"""What DataProcessing of a transform job asks: parts of records by JSONPath, and predictions joined to records."""

import csv
import io
import json
import re
from typing import Any

from jsonpath_ng import parse
from jsonpath_ng.exceptions import JSONPathError

from utils import csv_rows

from .data import Unusable

ALL = "$"
SEVERAL = re.compile(r"[:,*?]|\.\.")  # a path with one of these gives an array


class Filters:
    """The filters of a transform job; true where there are any.

    Args:
        asked: DataProcessing.
        content_type: of the records.
        accept: the type of the predictions.

    Raises:
        Unusable: a filter is no JSONPath, or records and predictions of different types are to be joined.
    """

    def __init__(self, asked: dict[str, str], content_type: str, accept: str) -> None:
        self._given, self._predicted = _Format(content_type), _Format(accept)
        self._input, self._output = asked.get("InputFilter", ALL), asked.get("OutputFilter", ALL)
        self._joins = asked.get("JoinSource") == "Input"
        self._paths = {path: _parsed(path) for path in (self._input, self._output)}
        if self._joins and self._given.is_csv != self._predicted.is_csv:
            raise Unusable(f"JoinSource joins {content_type} and {accept}; accepted: one type for both")

    def __bool__(self) -> bool:
        return self._joins or (self._input, self._output) != (ALL, ALL)

    def before(self, records: list[bytes]) -> list[bytes]:
        """Give what is sent of records."""
        if self._input == ALL:
            return records
        return [self._given.write(self._part(self._input, self._given.read(record))) for record in records]

    def after(self, records: list[bytes], answer: bytes) -> bytes:
        """Give what is kept of an answer.

        Raises:
            Unusable: it has not a line for each record, or a record has not what a filter names.
        """
        if not self._joins and self._output == ALL:
            return answer
        lines = answer.splitlines()
        if len(lines) != len(records):
            raise Unusable(f"{len(records)} records were answered with {len(lines)} lines; accepted: as many")
        values = [self._predicted.read(line) for line in lines]
        if self._joins:
            values = [self._joined(self._given.read(one), value) for one, value in zip(records, values, strict=True)]
        return b"\n".join(self._predicted.write(self._part(self._output, value)) for value in values)

    def _joined(self, given: Any, predicted: Any) -> Any:
        if self._given.is_csv:
            return [*given, *predicted]
        if isinstance(given, dict):
            return given | {"SageMakerOutput": predicted}
        return {"SageMakerInput": given, "SageMakerOutput": predicted}

    def _part(self, path: str, value: Any) -> Any:
        matches = [match.value for match in self._paths[path].find(value)]
        if SEVERAL.search(path):
            return matches
        if not matches:
            raise Unusable(f"a record has no {path}; accepted: a path that every record has")
        return matches[0]


class _Format:
    """How a record is written: a row of CSV, which is an array, or JSON."""

    def __init__(self, content_type: str) -> None:
        self.is_csv = content_type.partition(";")[0].strip() == "text/csv"

    def read(self, line: bytes) -> Any:
        return next(csv_rows.reader([line.decode()])) if self.is_csv else json.loads(line)

    def write(self, value: Any) -> bytes:
        if not self.is_csv:
            return json.dumps(value).encode()
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(value if isinstance(value, list) else [value])
        return text.getvalue().encode()


def _parsed(path: str) -> Any:
    try:
        return parse(path)
    except (JSONPathError, AttributeError) as error:
        raise Unusable(f"{path} is no JSONPath ({error}); accepted: such as $[1:], $[0,2] or $.features") from None
