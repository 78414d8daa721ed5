"""Rows out of a request's body, and predictions into an answer's."""

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..cells import number, quoted, within_range
from .errors import RequestError
from .negotiation import CSV, JSON, JSON_LINES

SHAPES = {
    CSV: "a row of numbers a line, without a header",
    JSON: '{"instances": [[number, ...], ...]}',
    JSON_LINES: "a JSON list of numbers a line",
}


def read_rows(body: bytes, media_type: str) -> np.ndarray:
    """Read the feature rows of a request.

    Returns:
        float64, shape (rows, columns); an empty CSV cell or a JSON null is NaN, a missing value.

    Raises:
        RequestError: 400, naming the line or row.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8 (byte {error.start})", SHAPES[media_type]) from None
    try:
        rows = _READERS[media_type](text)
        if not rows:
            raise ValueError("the body holds no rows")
        _same_length(rows)
    except (ValueError, csv.Error) as error:
        raise RequestError(400, str(error), SHAPES[media_type]) from None
    return np.array(rows, dtype=np.float64)


def write_predictions(predictions: list[Any], media_type: str) -> bytes:
    """Write one prediction, a number or a word, for each row."""
    if media_type == JSON:
        return json.dumps({"predictions": predictions}, ensure_ascii=False).encode()
    if media_type == JSON_LINES:
        return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in predictions).encode()
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows([value] for value in predictions)
    return lines.getvalue().encode()


def _read_csv(text: str) -> list[list[float]]:
    lines = csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), strict=True)
    return [_read_row(cells, number, f"row {index}") for index, cells in enumerate(lines, start=1)]


def _read_json(text: str) -> list[list[float]]:
    content = _parse_json(text)
    if not isinstance(content, dict) or not isinstance(content.get("instances"), list):
        raise ValueError("the body is not a JSON object with a list called instances")
    return [_read_list(row, f"row {index}") for index, row in enumerate(content["instances"], start=1)]


def _read_json_lines(text: str) -> list[list[float]]:
    lines = text.rstrip("\r\n \t").split("\n") if text.strip() else []
    numbered = [(f"row {index}", line) for index, line in enumerate(lines, start=1)]
    return [_read_list(_parse_json(line, f"{where}: "), where) for where, line in numbered]


def _parse_json(text: str, where: str = "") -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"{where}the JSON is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{where}not JSON: {error}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number; null is a missing value")


def _read_list(row: Any, where: str) -> list[float]:
    if not isinstance(row, list):
        raise ValueError(f"{where} is {quoted(row)}, not a list")
    return _read_row(row, _json_number, where)


def _json_number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is not a number")
    return float(within_range(value))


def _read_row(cells: list[Any], read: Callable[[Any], float], where: str) -> list[float]:
    if not cells:
        raise ValueError(f"{where} is empty")
    try:
        return [read(cell) for cell in cells]
    except ValueError:
        return _find_wrong_cell(cells, read, where)


def _find_wrong_cell(cells: list[Any], read: Callable[[Any], float], where: str) -> list[float]:
    for index, cell in enumerate(cells, start=1):
        try:
            read(cell)
        except ValueError as error:
            raise ValueError(f"{where}, value {index}: {error}") from None
    return []


def _same_length(rows: list[list[float]]) -> None:
    for index, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise ValueError(f"row {index} has {len(row)} values and row 1 has {len(rows[0])}")


_READERS = {CSV: _read_csv, JSON: _read_json, JSON_LINES: _read_json_lines}
