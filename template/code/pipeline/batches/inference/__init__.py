"""Inference on many rows: a TransformJob sends them through the server, or a ProcessingJob runs `jobs/inference.py`."""

from importlib import import_module

from sagemaker_jobs.runs import Step

from ..context import Context


def run(context: Context) -> Step:
    """Predict the rows of the test, or those of `inference.rows`, as `inference.job` says; output `predictions`."""
    return import_module(f".{context.config.inference.job}", __name__).run(context)
