"""What can go wrong under a training job's feet, in a real container."""

import pytest

pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("c-xgboost")]
HOST = "algo-1"


@pytest.fixture
def job(job_of):
    return job_of("c-xgboost", hosts=[HOST], num_round=20)


def test_a_full_disk_for_the_model_is_named_and_nothing_is_half_written(job):
    with job.running("--mount=type=tmpfs,destination=/opt/ml/model,tmpfs-size=8192"):
        assert job.wait(HOST) == 1
    assert "the model cannot be saved in /opt/ml/model" in job.failure(HOST)


def test_a_full_disk_for_checkpoints_does_not_stop_the_job(job):
    with job.running("--mount=type=tmpfs,destination=/opt/ml/checkpoints,tmpfs-size=8192"):
        assert job.wait(HOST) == 0
        assert "WARNING no checkpoint after 10" in job.log(HOST)
    assert (job.folders[HOST] / "model" / "model.json").exists()


def test_a_read_only_folder_of_checkpoints_does_not_stop_the_job(job, tmp_path):
    with job.running(f"--volume={tmp_path}:/opt/ml/checkpoints:ro"):
        assert job.wait(HOST) == 0
        assert "Read-only file system" in job.log(HOST)
    assert (job.folders[HOST] / "model" / "model.json").exists()


def test_memory_that_runs_out_for_the_job_leaves_its_real_exit_code(job_of):
    with job_of("c-xgboost", hosts=[HOST], num_round=10_000).running() as running:
        running.wait_for(HOST, "round=1 ")
        running.send("KILL")
        assert running.wait(HOST) == 137


def test_no_configuration_at_all(job):
    for path in (job.folders[HOST] / "input" / "config").iterdir():
        path.unlink()
    job.trained()
