"""Rows out of a request's body, and predictions into an answer's."""

import csv
import io
import json
from typing import Any

import numpy as np

from .errors import RequestError, RowError
from .features import READERS, SHAPES, as_array
from .negotiation import JSON, JSON_LINES

AT_A_TIME = 1000  # predictions that are written before another thread may have its turn


def read_rows(body: bytes, media_type: str) -> np.ndarray:
    """Read the feature rows of a request.

    Returns:
        Shape (rows, columns); see `features.as_array`.

    Raises:
        RequestError: 400, naming the line or row.
    """
    try:
        rows = READERS[media_type](body.removeprefix(b"\xef\xbb\xbf"))
        if not len(rows):
            raise ValueError("the body holds no rows")
        return as_array(rows)
    except UnicodeDecodeError as error:
        raise RequestError(400, f"the body is not UTF-8 (byte {error.start})", SHAPES[media_type]) from None
    except RowError as error:
        raise RequestError(400, error.wrong, SHAPES[media_type], error.row) from None
    except (ValueError, csv.Error) as error:
        raise RequestError(400, str(error), SHAPES[media_type]) from None


def write_predictions(predictions: list[Any], media_type: str) -> bytes:
    """Write one prediction, a number, a word, or either with its probabilities, for each row."""
    if media_type == JSON:
        starts = range(0, len(predictions), AT_A_TIME)
        some = (json.dumps(predictions[start : start + AT_A_TIME], ensure_ascii=False)[1:-1] for start in starts)
        return ('{"predictions": [' + ", ".join(some) + "]}").encode()
    if media_type == JSON_LINES:
        return "".join(f"{json.dumps(value, ensure_ascii=False)}\n" for value in predictions).encode()
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(map(_cells, predictions))
    return lines.getvalue().encode()


def _cells(prediction: Any) -> list[Any]:
    """Give the cells of a line: the label, and in one cell the probability, or a list of those of several classes."""
    if not isinstance(prediction, dict):
        return [prediction]
    return [prediction["predicted_label"], prediction.get("probability", prediction["probabilities"])]
