"""Give the model that a project trained to the other systems: `python share.py MODEL_FOLDER DATA MODEL LABELS`.

Run by the project's own Python. The others get the same coefficients without the step for missing values, which their
users would hardly have written, and with words for labels.
"""

import csv
import json
import sys
from pathlib import Path

import joblib
import numpy as np
import skops.io


def main(folder: Path, data: Path, model_file: Path, labels_file: Path) -> None:
    """Write the model by joblib, and its label for every row of the data."""
    model = skops.io.load(folder / "model.skops", trusted=["numpy.dtype"])[1:]
    model[-1].classes_ = np.array(json.loads((folder / "model.json").read_text())["classes"])
    with data.open(newline="") as file:
        rows = [[float(cell) for cell in cells[:-1]] for cells in list(csv.reader(file))[1:]]
    model_file.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, model_file)
    labels_file.write_text(json.dumps(model.predict(np.array(rows)).tolist()))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
