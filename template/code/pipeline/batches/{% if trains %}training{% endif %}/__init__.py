"""Training: a TrainingJob fits the model on channel `training`; channel `validation` judges it meanwhile."""

from contextlib import suppress

from sagemaker_jobs.requests import training
from sagemaker_jobs.runs import Step

from ..context import Context


def run(context: Context) -> Step:
    """Fit the model; the output `model` is its artefact, the metrics are the job's last of each."""
    parts = context.before("preprocess").outputs
    request = training.request(context.config, context.run, parts["training"], parts["validation"])
    if checkpoints := request.get("CheckpointConfig"):
        checkpoints["S3Uri"] = _goes_on_from(context, checkpoints["S3Uri"])
    described = context.do("training", "TrainingJob", request)
    name = described["TrainingJobName"]
    figures = {metric["MetricName"]: metric["Value"] for metric in described.get("FinalMetricDataList", [])}
    return Step("training", name, outputs={"model": described["ModelArtifacts"]["S3ModelArtifacts"]}, metrics=figures)


def _goes_on_from(context: Context, own: str) -> str:
    """Give where the checkpoints lie: where they lay if the batch is resumed, else a place of this job's own.

    Another training in the run may have other hyperparameters or other code, and goes on from nothing.
    """
    stored, note = context.backend.stored, context.run.uri("training", "checkpoints.txt")
    if context.resumes:
        with suppress(FileNotFoundError):
            return stored.read(note).decode()
    stored.write(note, own.encode())
    return own
