"""Read a channel once, and print as JSON what it took: `python read.py template`, or `naive`."""

import csv
import json
import sys
import time
from pathlib import Path

import numpy as np
from sagemaker_contract.paths import OptMl
from sagemaker_contract.training.job import TrainingJob


def megabytes(field: str) -> float:
    """Read a figure of this process's memory: VmRSS is what it holds, VmHWM the most that it ever held."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def template(job: TrainingJob) -> np.ndarray:
    """Read by the template's reader."""
    return job.read("training", "label").features


def naive(job: TrainingJob) -> np.ndarray:
    """Read all rows into lists and make an array of them, as one would without pandas."""
    (path,) = job.channel("training").iterdir()
    with path.open(newline="") as file:
        is_csv = path.suffix == ".csv"
        rows = list(csv.reader(file))[1:] if is_csv else [[*json.loads(line).values()] for line in file]
    labels = [row[-1] for row in rows]
    features = np.array([[float(cell) for cell in row[:-1]] for row in rows])
    assert len(labels) == len(features)
    return features


if __name__ == "__main__":
    job = TrainingJob(OptMl.from_environment())
    before, start = megabytes("VmRSS"), time.perf_counter()
    matrix = {"template": template, "naive": naive}[sys.argv[1]](job)
    seconds = time.perf_counter() - start
    growth = megabytes("VmHWM") - before
    print(
        json.dumps({"seconds": seconds, "growth": growth, "matrix": matrix.nbytes / 2**20, "sum": float(matrix.sum())})
    )
