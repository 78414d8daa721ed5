"""The preprocessing, a processing job: part the rows for training, validation and test. Yours to change."""

import os

from sagemaker_contract.processing import parting
from sagemaker_contract.processing.job import ProcessingJob
from sagemaker_contract.tabular import read_channel


def run(job: ProcessingJob) -> None:
    """Part the rows of input `raw` into outputs `training`, `validation` and `test`.

    Output `rows` gets those of the test once more, without a header, as a transform job takes them.
    """
    table = read_channel(job.input("raw"), os.environ.get("TARGET"))
    fractions = {name: float(os.environ.get(f"{name.upper()}_FRACTION", 0.2)) for name in ("validation", "test")}
    parts = parting.part(table.labels, fractions, seed=int(os.environ.get("SEED", 0)))
    for name, rows in parts.items():
        parting.write_csv(job.output(name) / "data.csv", table, rows)
    parting.write_csv(job.output("rows") / "data.csv", table, parts["test"], has_header=False)
