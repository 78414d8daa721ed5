"""The evaluation, a processing job: judge a model by rows it has not seen. Yours to change."""

import json

from sagemaker_contract import artefact, reporting, storage
from sagemaker_contract.dataset import make_dataset
from sagemaker_contract.processing.job import ProcessingJob
from sagemaker_contract.tabular import read_channel


def run(job: ProcessingJob) -> None:
    """Judge input `model` by the rows of input `test`; output `evaluation` gets the figures and a page to look at."""
    folder = job.model()
    description = artefact.read(folder)
    table = read_channel(job.input("test"), description.target, description.names)
    test = make_dataset(table, description.classes)
    predict = storage.load(folder)
    predicted = predict(test.features)

    output = job.output("evaluation")
    figures = reporting.summary(predicted, test.targets, description.classes)
    (output / "evaluation.json").write_text(json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    importance = reporting.importance(predict, test, description.names, seed=0)
    title = f"{__package__.partition('.')[0]}: evaluation"
    evidence = reporting.Evidence(title, description, predicted, test.targets, importance)
    reporting.write(output / "report.html", evidence)
