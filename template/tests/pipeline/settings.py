"""A configuration to change in a test, a run of it, and a look at the requests that come of both."""

import json
from typing import Any

from sagemaker_jobs import shapes
from sagemaker_jobs.dry_run import Memory
from sagemaker_jobs.runs import Run
from sagemaker_jobs.settings import Config

METRICS = [
    {"Name": "train:loss", "Regex": "train_loss=([0-9.]+)"},
    {"Name": "validation:score", "Regex": "validation_score=([0-9.]+)"},
]
LEAST = {
    "environment": "dev",
    "project": "fruit-shop",
    "model": "fruits",
    "region": "us-east-1",
    "bucket": "fruit-bucket",
    "prefix": "team/fruit",
    "role": "arn:aws:iam::111122223333:role/jobs",
    "images": {"train": "registry/fruits-train:1", "serve": "registry/fruits-serve:1"},
    "ceiling": {"instance_types": ["ml.m5.*", "ml.g5.xlarge"], "instance_count": 4},
    "source": {"kind": "files", "path": "data"},
    "metrics": METRICS,
}
NETWORK = {"subnets": ["subnet-1"], "security_groups": ["sg-1"]}
KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
MACHINES = [{}, {"network": NETWORK}, {"kms_key": KEY}, {"network": NETWORK, "kms_key": KEY, "tags": {"team": "a/b"}}]


def config(**changes: Any) -> Config:
    """Give a configuration that differs from the least there can be."""
    return Config.model_validate(LEAST | changes)


def run(of: Config) -> Run:
    """Give a run that always has the same name."""
    return Run(of, Memory(), "20260102-030405-abcd")


def assert_right(operation: str, request: dict[str, Any], service: str = "sagemaker") -> None:
    """See that a request has the shape that AWS takes, and is plain JSON."""
    assert shapes.problems(operation, request, service) == []
    assert json.loads(json.dumps(request)) == request
