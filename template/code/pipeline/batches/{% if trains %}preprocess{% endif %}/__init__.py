"""Preprocessing: a ProcessingJob parts the data for training, validation and test."""

from sagemaker_jobs.requests import processing
from sagemaker_jobs.runs import Step

from ..context import Context


def run(context: Context) -> Step:
    """Part what collection has brought; the outputs are `training`, `validation`, `test` and `rows`."""
    raw = context.before("collection").outputs["raw"]
    request = processing.preprocess(context.config, context.run, raw)
    described = context.do("preprocess", "ProcessingJob", request)
    return Step("preprocess", described["ProcessingJobName"], outputs=processing.outputs(described))
