"""Evaluation: a ProcessingJob judges the model by rows that it has not seen."""

import json

from sagemaker_jobs.requests import processing
from sagemaker_jobs.runs import Step

from .. import artefact
from ..context import Context


def run(context: Context) -> Step:
    """Judge the model; the outputs are `evaluation`, figures in JSON, and `report`, a page for a browser."""
    model = artefact.of(context)
    test = context.before("preprocess").outputs["test"]
    request = processing.evaluation(context.config, context.run, model, test)
    described = context.do("evaluation", "ProcessingJob", request)
    folder = processing.outputs(described)["evaluation"]
    outputs = {"evaluation": f"{folder}/evaluation.json", "report": f"{folder}/report.html"}
    figures = json.loads(context.backend.stored.read(outputs["evaluation"]))
    numbers = {name: value for name, value in figures.items() if isinstance(value, int | float)}
    return Step("evaluation", described["ProcessingJobName"], outputs=outputs, metrics=numbers)
