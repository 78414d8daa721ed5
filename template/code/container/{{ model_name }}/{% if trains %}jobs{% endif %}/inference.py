"""The batch inference, a processing job: predict rows that have no label. Yours to change."""

from sagemaker_contract import artefact, storage
from sagemaker_contract.channels import files
from sagemaker_contract.processing import unlabelled
from sagemaker_contract.processing.job import ProcessingJob


def run(job: ProcessingJob) -> None:
    """Predict the rows of input `rows`, CSV files with a header; output `predictions` has them with a column more."""
    folder, inputs = job.model(), job.input("rows")
    description = artefact.read(folder)
    predict = storage.load(folder)
    for path in files.find(inputs):
        read = unlabelled.read(path, description.names)
        predicted = predict(read.features) if read.rows else []
        if description.classes and read.rows:
            predicted = [description.classes[number] for number in predicted.argmax(axis=1)]
        name = str(path.relative_to(inputs)).removesuffix(".gz")
        unlabelled.write(job.output("predictions") / name, read, predicted)
