"""Training jobs on two hosts: two containers on a network of their own, started as SageMaker starts them."""

import json
import shutil

import pytest
from jobs import HOSTS

pytestmark = pytest.mark.docker

TOLERANCE = 0.03  # of the validation score; each host's rows come in another order than one host's
ROUNDS = {"c-xgboost": "num_round", "c-lightgbm": "num_round", "c-pytorch": "epochs", "c-tensorflow": "epochs"}


def of(*on_ci):
    """A test for each framework; those that CI leaves out are shown by make test-all."""
    marks = {name: [] if name in on_ci else [pytest.mark.full] for name in ROUNDS}
    names = [pytest.param(name, marks=[*marks[name], pytest.mark.xdist_group(name)]) for name in ROUNDS]
    return pytest.mark.parametrize("name", names)


most = of("c-xgboost", "c-lightgbm", "c-pytorch")
some = of("c-xgboost", "c-pytorch")
xgboost = pytest.mark.parametrize("name", [pytest.param("c-xgboost", marks=pytest.mark.xdist_group("c-xgboost"))])


@most
def test_two_hosts_agree_with_one_and_the_first_alone_writes(job_of, name):
    """Item 35."""
    alone = job_of(name, hosts=["algo-1"]).trained("--network-alias=algo-1")
    job = job_of(name)
    together = job.trained()
    assert together["validation_score"] == pytest.approx(alone["validation_score"], abs=TOLERANCE)
    assert together["validation_loss"] == pytest.approx(alone["validation_loss"], abs=TOLERANCE)
    if name == "c-xgboost":  # whose histograms are summed over the hosts before a split is chosen
        assert together == pytest.approx(alone, rel=1e-4)
    written = {path.name for path in (job.folders["algo-1"] / "model").iterdir()}
    assert "model.json" in written
    second = job.folders["algo-2"]
    assert [path for name in ("model", "checkpoints", "output") for path in (second / name).rglob("*")] == []


@some
def test_hosts_with_data_of_their_own_fit_all_of_it(job_of, name):
    shares = [lambda rows: rows[: len(rows) // 3], lambda rows: rows[len(rows) // 3 :]]  # unequal ones
    job = job_of(name, shares=lambda rows, number: shares[number](rows))
    assert job.trained()["validation_score"] > 0.9
    description = json.loads((job.folders["algo-1"] / "model" / "model.json").read_bytes())
    assert description["classes"] == ["benign", "malignant"]


@some
@pytest.mark.parametrize(("dead", "left"), [HOSTS, HOSTS[::-1]])
def test_a_host_that_dies_ends_the_others_and_is_named(job_of, name, dead, left):
    with job_of(name, **{ROUNDS[name]: 10_000}).running() as job:
        job.wait_for("algo-1", "train_loss=")
        job.send("KILL", dead)
        assert job.wait(left, timeout=60) == 1
    assert job.failure(left).startswith(f"{dead} failed: ")


@xgboost
def test_a_host_with_wrong_data_gives_its_cause_to_the_others(job_of, name):
    job = job_of(name)
    (file,) = (job.folders["algo-2"] / "input/data/training").iterdir()
    file.write_text(file.read_text() + "a row too short\n")
    with job.running():
        assert (job.wait("algo-1"), job.wait("algo-2")) == (1, 2)
    assert "line 571: 1 values" in job.failure("algo-2")
    assert job.failure("algo-1").startswith(f"algo-2 failed: {job.failure('algo-2')[:60]}")


@some
def test_stopped_and_resumed_on_two_hosts_equals_uninterrupted(job_of, name):
    """Items 30, 31; the second host has no checkpoints, as where a new instance takes part."""
    with job_of(name, **{ROUNDS[name]: 10_000, "checkpoint_every": 10_000}).running() as job:
        job.wait_for("algo-1", "=12 ")
        job.send("TERM")
        assert [job.wait(host, timeout=10) for host in HOSTS] == [143, 143]
    (checkpoint,) = (job.folders["algo-1"] / "checkpoints").iterdir()
    settings = {ROUNDS[name]: int(checkpoint.name.rpartition("-")[2]) + 20, "checkpoint_every": 10}
    resumed = job_of(name, checkpoints=checkpoint.parent, **settings)
    shutil.rmtree(resumed.folders["algo-2"] / "checkpoints")
    assert resumed.trained() == pytest.approx(job_of(name, **settings).trained(), rel=1e-6)
