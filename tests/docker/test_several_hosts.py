"""Training jobs on two hosts: two containers on a network of their own, started as SageMaker starts them."""

import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from test_contract import ALL_IMAGES

pytestmark = pytest.mark.docker

TOLERANCE = 0.03  # of the validation score; each host's rows come in another order than one host's
HOSTS = ["algo-1", "algo-2"]
ROUNDS = {"c-xgboost": "num_round", "c-lightgbm": "num_round", "c-pytorch": "epochs", "c-tensorflow": "epochs"}
each = pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ROUNDS])
xgboost = pytest.mark.parametrize("name", [pytest.param("c-xgboost", marks=pytest.mark.xdist_group("c-xgboost"))])


def docker(*arguments, check=True):
    return subprocess.run(["docker", *arguments], check=check, capture_output=True, text=True, timeout=120).stdout


class Job:
    """A training job with a container for each host.

    Attributes:
        folders: what is mounted as /opt/ml, by host.
    """

    def __init__(self, image, sample, folder, hosts=HOSTS, shares=None, checkpoints=None, **hyperparameters):
        self.image, self.hosts, self.network = image, hosts, f"hosts-{uuid4().hex[:8]}"
        self.folders = {host: folder / host for host in hosts}
        for number, host in enumerate(hosts):
            base = self.folders[host]
            shutil.copytree(sample / "input", base / "input")
            if checkpoints:
                shutil.copytree(checkpoints, base / "checkpoints")
            channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
            if shares:
                channel["S3DistributionType"] = "ShardedByS3Key"
                (file,) = (base / "input/data/training").iterdir()
                header, *rows = file.read_text().splitlines(keepends=True)
                file.write_text("".join([header, *shares(rows, number)]))
            config = base / "input" / "config"
            resources = {"current_host": host, "hosts": hosts, "network_interface_name": "eth0"}
            values = {"target": "diagnosis"} | {name: str(value) for name, value in hyperparameters.items()}
            contents = {
                "resourceconfig": resources,
                "inputdataconfig": {"training": channel},
                "hyperparameters": values,
            }
            for name, content in contents.items():
                (config / f"{name}.json").write_text(json.dumps(content))

    @contextmanager
    def running(self, *options):
        docker("network", "create", "--internal", self.network)
        try:
            for host in self.hosts:
                mount = f"--volume={self.folders[host]}:/opt/ml"
                names = ["--name", f"{self.network}-{host}", "--hostname", host, "--network-alias", host]
                docker("run", "--detach", "--network", self.network, *names, mount, *options, self.image, "train")
            yield self
        finally:
            for host in self.hosts:
                docker("rm", "--force", "--volumes", f"{self.network}-{host}", check=False)
            docker("network", "rm", self.network)

    def send(self, signal, *hosts):
        for host in hosts or self.hosts:
            docker("kill", "--signal", signal, f"{self.network}-{host}")

    def wait(self, host, timeout=240):
        """Give the exit code of a host."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            running, code = docker(
                "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", f"{self.network}-{host}"
            ).split()
            if running == "false":
                return int(code)
            time.sleep(0.2)
        raise AssertionError(f"{host} still runs: {self.log(host)}")

    def log(self, host):
        done = subprocess.run(["docker", "logs", f"{self.network}-{host}"], capture_output=True, text=True)
        return done.stdout + done.stderr

    def wait_for(self, host, words):
        """Wait until a host's log says something."""
        end = time.monotonic() + 120
        while words not in self.log(host):
            assert time.monotonic() < end, self.log(host)
            time.sleep(0.2)

    def trained(self, *options):
        """Run the job to its good end; give the final figures."""
        with self.running(*options):
            for host in self.hosts:
                assert self.wait(host) == 0, self.log(host)
        return json.loads((self.folders[self.hosts[0]] / "output" / "data" / "metrics.json").read_bytes())

    def failure(self, host):
        return (self.folders[host] / "output" / "failure").read_text()


@pytest.fixture
def job_of(build, tmp_path):
    """Give a function that prepares a job of an image of the template, by the name of its project."""
    numbers = iter(range(99))

    def job_of(name, **options) -> Job:
        python, answers = ALL_IMAGES[name]
        project = build(name, python, **answers)
        sample = Path(project.folder, "sample_data", "tumour")
        return Job(project.images[0], sample, tmp_path / str(next(numbers)), **options)

    return job_of


@each
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


@each
def test_hosts_with_data_of_their_own_fit_all_of_it(job_of, name):
    shares = [lambda rows: rows[: len(rows) // 3], lambda rows: rows[len(rows) // 3 :]]  # unequal ones
    job = job_of(name, shares=lambda rows, number: shares[number](rows))
    assert job.trained()["validation_score"] > 0.9
    description = json.loads((job.folders["algo-1"] / "model" / "model.json").read_bytes())
    assert description["classes"] == ["benign", "malignant"]


@each
def test_a_host_that_dies_ends_the_others_and_is_named(job_of, name):
    with job_of(name, **{ROUNDS[name]: 10_000}).running() as job:
        job.wait_for("algo-1", "train_loss=")
        job.send("KILL", "algo-2")
        assert job.wait("algo-1", timeout=60) == 1
    assert job.failure("algo-1").startswith("algo-2 failed: ")


@xgboost
def test_the_first_host_too(job_of, name):
    with job_of(name, num_round=10_000).running() as job:
        job.wait_for("algo-1", "train_loss=")
        job.send("KILL", "algo-1")
        assert job.wait("algo-2", timeout=60) == 1
    assert job.failure("algo-2").startswith("algo-1 failed: ")


@xgboost
def test_a_host_with_wrong_data_gives_its_cause_to_the_others(job_of, name):
    job = job_of(name)
    (file,) = (job.folders["algo-2"] / "input/data/training").iterdir()
    file.write_text(file.read_text() + "a row too short\n")
    with job.running():
        assert (job.wait("algo-1"), job.wait("algo-2")) == (1, 2)
    assert "line 571: 1 values" in job.failure("algo-2")
    assert job.failure("algo-1").startswith(f"algo-2 failed: {job.failure('algo-2')[:60]}")


@each
def test_stopped_and_resumed_on_two_hosts_equals_uninterrupted(job_of, name):
    """Items 30, 31; the second host has no checkpoints, as where a new instance takes part."""
    settings = {ROUNDS[name]: 40, "checkpoint_every": 10}
    whole = job_of(name, **settings).trained()
    with job_of(name, **{ROUNDS[name]: 10_000, "checkpoint_every": 10_000}).running() as job:
        job.wait_for("algo-1", "=12 ")
        job.send("TERM")
        assert [job.wait(host, timeout=10) for host in HOSTS] == [143, 143]
    (checkpoint,) = (job.folders["algo-1"] / "checkpoints").iterdir()
    if int(checkpoint.name.rpartition("-")[2]) > 40:
        pytest.fail("the signal came too late for 40 rounds")
    resumed = job_of(name, checkpoints=checkpoint.parent, **settings)
    shutil.rmtree(resumed.folders["algo-2"] / "checkpoints")
    assert resumed.trained() == pytest.approx(whole, rel=1e-6)
