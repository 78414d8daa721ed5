"""What the image is tried with: the data and hyperparameters of a training job, a request, a model."""

import csv
import io
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .items import Failed

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
MEGABYTE = 2**20
ONE_HOST = ("algo-1",)


@dataclass(frozen=True)
class Given:
    """What the user gave, or the project's own sample.

    Attributes:
        data: a folder with a folder per channel, or with the files of channel `training`.
        hyperparameters: as in hyperparameters.json, every value a string.
        request: the body of a request that the model answers.
        content_type: its type.
        model: a folder that stands for /opt/ml/model; None where the image trains its own.
        metrics: the regexes that must match the log, by the name of the metric.
        rounds: the hyperparameter that says for how many rounds a job trains; None where it must be found.
        of_model: the hyperparameters of the project's own model.
    """

    data: Path
    hyperparameters: dict[str, str]
    request: bytes
    content_type: str
    model: Path | None
    metrics: dict[str, str]
    rounds: str | None = None
    of_model: frozenset[str] = frozenset()

    @property
    def channels(self) -> dict[str, list[Path]]:
        """The files of each channel."""
        folders = sorted(path for path in self.data.iterdir() if path.is_dir())
        if any(path.is_file() for path in self.data.iterdir()):
            folders = [self.data]
        files = {folder: sorted(path for path in folder.rglob("*") if path.is_file()) for folder in folders}
        return {"training" if folder == self.data else folder.name: paths for folder, paths in files.items() if paths}

    @property
    def rows(self) -> list[list[Any]]:
        """The rows of the request.

        Raises:
            Failed: it has none, as an image has, so that rows cannot be sent in another type.
        """
        try:
            if self.content_type == CSV:
                lines = csv.reader(io.StringIO(self.request.decode()))
                return [[_number(cell) for cell in line] for line in lines if line]
            if self.content_type == JSON_LINES:
                return [json.loads(line) for line in self.request.splitlines() if line.strip()]
            return json.loads(self.request)["instances"]
        except (ValueError, KeyError, TypeError):
            raise Failed(f"cannot be seen with a request of type {self.content_type}; give one with rows") from None

    def body(self, rows: list[list[Any]], content_type: str) -> bytes:
        """Write rows as the body of a request."""
        if content_type == JSON:
            return json.dumps({"instances": rows}).encode()
        if content_type == JSON_LINES:
            return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode()

    def large_body(self, size: int) -> tuple[bytes, str]:
        """Give a body of nearly this many bytes, the rows over and over, and its type."""
        content_type = JSON_LINES if self.content_type == JSON_LINES else CSV
        rows = self.body(self.rows, content_type)
        return rows * (size // len(rows)), content_type


@dataclass(frozen=True)
class Layout:
    """How `input/` of a training job is written; each field is a way in which SageMaker's jobs differ.

    Attributes:
        hyperparameters: others than those given.
        channels: whether the channels are there.
        nested: whether each file lies in folders of its own.
        content_type: whether inputdataconfig.json says the type of a channel.
        groups: whether resourceconfig.json has instance groups.
        other_case: whether resourceConfig.json is there too, as some of AWS's pages call it.
        pipe: whether the channels come in FIFOs.
        fifos: of how many epochs the FIFOs are there from the beginning.
        hosts: the names of all hosts.
        host: the name of this one.
    """

    hyperparameters: dict[str, str] | None = None
    channels: bool = True
    nested: bool = False
    content_type: bool = True
    groups: bool = True
    other_case: bool = True
    pipe: bool = False
    fifos: int = 0
    hosts: tuple[str, ...] = ONE_HOST
    host: str = ONE_HOST[0]

    @property
    def resources(self) -> dict:
        """What stands in resourceconfig.json."""
        resources = {"current_host": self.host, "hosts": list(self.hosts), "network_interface_name": "eth0"}
        if not self.groups:
            return resources
        group = {"instance_group_name": "group-1", "instance_type": "ml.m5.large", "hosts": list(self.hosts)}
        return resources | {
            "current_instance_type": "ml.m5.large",
            "current_group_name": "group-1",
            "instance_groups": [group],
        }


def write_input(given: Given, folder: Path, layout: Layout) -> None:
    """Write `input/` of a training job into a folder."""
    config = folder / "config"
    config.mkdir(parents=True)
    hyperparameters = given.hyperparameters if layout.hyperparameters is None else layout.hyperparameters
    mode = "Pipe" if layout.pipe else "File"
    channel = {"TrainingInputMode": mode, "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    channel |= {"ContentType": CSV} if layout.content_type else {}
    channels = given.channels if layout.channels else {}
    write_json(config / "hyperparameters.json", hyperparameters)
    write_json(config / "inputdataconfig.json", dict.fromkeys(channels, channel))
    write_json(config / "resourceconfig.json", layout.resources)
    if layout.other_case:
        write_json(config / "resourceConfig.json", layout.resources)
    (folder / "data").mkdir()
    if layout.pipe:
        for name in channels:
            for epoch in range(layout.fifos):
                make_fifo(folder / "data" / f"{name}_{epoch}")
        return
    for name, files in channels.items():
        for number, file in enumerate(files):
            target = folder / "data" / name / (f"part-{number}/nested" if layout.nested else "") / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)


def enlarge(folder: Path, size: int) -> None:
    """Repeat all lines but the first of each text file under a folder, until the files hold this many bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        head, _, lines = path.read_bytes().partition(b"\n")
        if lines and b"\0" not in lines[:10_000]:
            path.write_bytes(head + b"\n" + (lines.rstrip(b"\n") + b"\n") * (size // len(files) // len(lines) + 1))


def make_fifo(path: Path) -> None:
    """Make a FIFO that any user may read, where it is not there yet."""
    if not path.exists():
        os.mkfifo(path)
        path.chmod(0o666)


def write_json(path: Path, content: dict) -> None:
    """Write a file of JSON."""
    path.write_text(json.dumps(content), encoding="utf-8")


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
