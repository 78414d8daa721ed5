"""Real rows of the breast-cancer data, the bodies that hold them, and the labels that every system has to give."""

import csv
import http.client
import json
from dataclasses import dataclass
from pathlib import Path

from environments import BUILD, HERE

TRAINING = HERE.parents[1] / "template" / "sample_data" / "{{ model_name }}" / "input" / "data" / "training"
DATA = TRAINING / "{% if not reads_text %}breast_cancer.csv{% endif %}"
SIZES = (1, 100)  # rows of the bodies that are measured
MODEL = BUILD / "sample" / "model.joblib"
BROKEN = (OSError, ValueError, http.client.HTTPException)  # no answer, or one that is no JSON
LABELS = BUILD / "sample" / "labels.json"


@dataclass(frozen=True)
class Sample:
    """The rows, 30 numbers each, and the model's label for each of them."""

    rows: list[list[float]]
    labels: list[str]

    @classmethod
    def read(cls) -> "Sample":
        """Read what share.py has written, and write the bodies for wrk beside it."""
        with DATA.open(newline="") as file:
            rows = [[float(cell) for cell in cells[:-1]] for cells in list(csv.reader(file))[1:]]
        for size in SIZES:
            body(size).write_bytes(as_json(rows[:size]))
        return cls(rows, json.loads(LABELS.read_text()))

    def wrong_answer(self, port: int) -> str:
        """Ask a system for all rows, and describe its first wrong answer; nothing where all are right."""
        for start in [*range(1, 10), *range(0, len(self.rows), 100)]:
            end = start + (1 if start % 100 else 100)
            try:
                answer = post(port, as_json(self.rows[start:end]))
            except BROKEN as error:
                answer = error
            if answer != (200, {"predictions": self.labels[start:end]}):
                return f"wrong answer for rows {start + 1} to {end}: {str(answer)[:100]}"
        return ""

    def answers_one(self, port: int) -> bool:
        """Tell whether a system gives the right label for the first row, now."""
        try:
            return post(port, as_json(self.rows[:1])) == (200, {"predictions": self.labels[:1]})
        except BROKEN:
            return False


def body(size: int) -> Path:
    """Give the file of the body that wrk sends."""
    return BUILD / "sample" / f"{size}.json"


def as_json(rows: list[list[float]]) -> bytes:
    """Write rows as SageMaker's JSON."""
    return json.dumps({"instances": rows}).encode()


def post(port: int, body: bytes) -> tuple[int, object]:
    """Post to /invocations; give the status and what the answer holds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, json.loads(text) if answer.status == 200 else text
    finally:
        connection.close()


def is_healthy(port: int) -> bool:
    """Ask /ping once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except BROKEN:
        return False
    finally:
        connection.close()
