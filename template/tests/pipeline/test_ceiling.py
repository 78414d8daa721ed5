"""What is above the ceiling is refused before anything is asked of SageMaker."""

import pytest
from settings import config, run

from sagemaker_jobs import ceiling
from sagemaker_jobs.requests import endpoint
from utils.config_reader import ConfigError

LOW = {"instance_types": ["ml.m5.*"], "instance_count": 2, "runtime_seconds": 3600}
BATCHES = ["collection", "preprocess", "training", "tuning", "evaluation", "inference", "deployment", "cleanup"]


def limited(**changes):
    return config(ceiling=LOW, **changes)


@pytest.mark.parametrize("batch", ["preprocess", "training", "evaluation"])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"instance_type": "ml.g5.xlarge"},
            r"instance_type is ml\.g5\.xlarge, above the ceiling; accepted: ml\.m5\.\*",
        ),
        ({"instance_count": 3}, "instance_count is 3, above the ceiling; accepted: at most 2"),
        ({"max_runtime_seconds": 3601}, "max_runtime_seconds is 3601, above the ceiling; accepted: at most 3600"),
    ],
)
def test_a_job_above_the_ceiling_is_refused_by_its_key(batch, settings, words):
    with pytest.raises(ConfigError, match=f"{batch}.{words}"):
        ceiling.check(limited(**{batch: settings}), BATCHES)
    ceiling.check(limited(**{batch: settings}), ["collection", "cleanup", "deployment"])


@pytest.mark.parametrize("settings", [{"instance_type": "ml.g5.xlarge"}, {"instance_count": 3}])
def test_an_inference_above_the_ceiling_is_refused(settings):
    with pytest.raises(ConfigError, match=f"inference.{next(iter(settings))} is .*, above the ceiling"):
        ceiling.check(limited(inference=settings), BATCHES)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"instance_type": "ml.c5.large"}, "deployment.instance_type is ml.c5.large"),
        ({"instance_count": 3}, "deployment.instance_count is 3"),
        (
            {"autoscaling": {"most": 3, "invocations_per_minute": 1}},
            "deployment.autoscaling.most is 3, above the ceiling; accepted: at most 2",
        ),
    ],
)
def test_an_endpoint_above_the_ceiling_is_refused_by_its_key(settings, words):
    with pytest.raises(ConfigError, match=words):
        ceiling.check(limited(deployment=settings), BATCHES)


def test_a_tuning_job_counts_by_all_that_it_runs_at_a_time():
    parallel = limited(training={"instance_count": 2}, tuning={"max_parallel_jobs": 2})
    words = "tuning.max_parallel_jobs x training.instance_count is 4, above the ceiling; accepted: at most 2"
    with pytest.raises(ConfigError, match=words):
        ceiling.check(parallel, ["tuning"])
    ceiling.check(parallel, ["training"])
    ceiling.check(limited(tuning={"max_parallel_jobs": 2}), ["tuning"])


def test_what_stays_below_passes():
    same = {"instance_type": "ml.m5.24xlarge", "instance_count": 2, "max_runtime_seconds": 3600}
    ceiling.check(limited(training=same, evaluation=same, tuning={"max_parallel_jobs": 1}), BATCHES)
    ceiling.check(limited(deployment={"kind": "serverless", "instance_type": "ml.p4d.24xlarge"}), BATCHES)


def test_no_request_can_be_had_above_the_ceiling():
    one = limited(deployment={"instance_type": "ml.g5.xlarge"})
    with pytest.raises(ConfigError, match="above the ceiling"):
        endpoint.configuration(one, run(one), "a-model")
