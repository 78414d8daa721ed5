"""A training job tracked by a real MLflow server, of the version that the project pins, read back over its REST API."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager

import pytest
from projects import PATIENCE, free_port

pytestmark = pytest.mark.xdist_group("tracking")
ANSWERS = {"tracking": "mlflow", "purpose": "train", "framework": "xgboost"}
# A training job; the argument is how many seconds it may wait for MLflow at its end, more than ours on a busy machine.
JOB = """
import sys
from sagemaker_contract.training import tracking
from sagemaker_contract.training.__main__ import main
tracking.FINISH_SECONDS = float(sys.argv[1])
sys.exit(main())
"""


@pytest.fixture(scope="session")
def mlflow(pytestconfig, render):
    """Give MLflow's command line; its environment of 850 MB is made once and kept in pytest's cache."""
    pins = (render(**ANSWERS).folder / "code/container/tumour/pyproject.toml").read_text()
    version = pins.partition("mlflow-skinny==")[2].partition('"')[0]
    environment = pytestconfig.cache.mkdir(f"mlflow-{version}")
    if not (environment / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin/python", "-m", "pip", "install", "-q", f"mlflow=={version}"], check=True)
        (environment / "installed").touch()
    return environment / "bin/mlflow"


@contextmanager
def serving(mlflow, folder):
    """Run a server with a database and the artefacts behind it; give a function that asks its REST API."""
    address = f"http://127.0.0.1:{free_port()}"
    places = ["--backend-store-uri", f"sqlite:///{folder}/runs.db", "--artifacts-destination", str(folder / "files")]
    command = [mlflow, "server", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--workers", "1", *places]
    with (folder / "server.log").open("w") as log:
        environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_until_it_answers(process, address, folder / "server.log")
        yield address, lambda resource, **asked: ask(f"{address}/api/2.0/mlflow/{resource}", asked)
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def wait_until_it_answers(process, address, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5)
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def ask(url, asked):
    """Ask the REST API: with GET by a query, with POST by a JSON body for runs/search alone."""
    if url.endswith("search"):
        request = urllib.request.Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
    else:
        request = f"{url}?{urllib.parse.urlencode(asked)}"
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def only_run(api, experiment):
    number = api("experiments/get-by-name", experiment_name=experiment)["experiment"]["experiment_id"]
    (run,) = api("runs/search", experiment_ids=[number])["runs"]
    return run


def files_of(api, run, folder=""):
    """List the run's files by path, with their sizes."""
    found = {}
    for file in api("artifacts/list", run_id=run["info"]["run_id"], path=folder).get("files", []):
        found |= files_of(api, run, file["path"]) if file["is_dir"] else {file["path"]: int(file["file_size"])}
    return found


@pytest.fixture(scope="module")
def trained(render):
    """A project and the folder of a job of three rounds that has run once, untracked."""
    project = render(**ANSWERS)
    done = project.run("scripts/local_run/train.sh")
    assert "this job is not tracked" in done.stderr
    ml = project.folder / "opt_ml" / "tumour"
    (ml / "input/config/hyperparameters.json").write_text('{"target": "diagnosis", "num_round": "3"}')
    return project, ml


def track(trained, address, seconds=PATIENCE, **variables):
    """Run a job; it must end well whatever becomes of its tracking."""
    project, ml = trained
    variables = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "60"} | variables  # a busy machine's server is slow at first
    variables |= {"MLFLOW_TRACKING_URI": address, "PYTHONPATH": str(project.folder / "code/container")}
    shutil.rmtree(ml / "checkpoints", ignore_errors=True)
    variables |= {"SAGEMAKER_BASE_DIR": str(ml)}
    return project.run("code/container/tumour/.venv/bin/python", "-c", JOB, str(seconds), **variables)


def test_a_server_has_all_that_the_job_said(mlflow, trained, tmp_path):
    with serving(mlflow, tmp_path) as (address, api):
        done = track(trained, address, TRAINING_JOB_NAME="job-1")
        run = only_run(api, "tumour")
        histories = {
            name: api("metrics/get-history", run_id=run["info"]["run_id"], metric_key=name)["metrics"]
            for name in ("train_loss", "validation_loss", "validation_score")
        }
        files = files_of(api, run)
    assert "WARNING" not in done.stderr
    assert (run["info"]["run_name"], run["info"]["status"]) == ("job-1", "FINISHED")
    parameters = {one["key"]: one["value"] for one in run["data"]["params"]}
    assert {"num_round": "3", "seed": "0", "target": "diagnosis"}.items() <= parameters.items()
    tags = {one["key"]: one["value"] for one in run["data"]["tags"]}
    assert {"framework": "xgboost", "seed": "0"}.items() <= tags.items()
    assert {"revision", "data", "xgboost version"} <= tags.keys()
    steps = {name: [one["step"] for one in history] for name, history in histories.items()}
    assert steps == {"train_loss": [1, 2, 3, 3], "validation_loss": [1, 2, 3, 3], "validation_score": [3]}
    logged = re.findall(r"^round=.* train_loss=(\S+)", done.stdout, re.MULTILINE)
    assert [one["value"] for one in histories["train_loss"]][:3] == pytest.approx(
        [float(value) for value in logged], 1e-5
    )
    _, ml = trained
    wanted = {"model": ml / "model", "report": ml / "output" / "data"}
    for name, folder in wanted.items():
        sizes = {
            f"{name}/{path.relative_to(folder)}": path.stat().st_size for path in folder.rglob("*") if path.is_file()
        }
        assert sizes
        assert sizes.items() <= files.items()
    assert {"environment/requirements.txt", "environment/python.txt"} <= files.keys()


def test_an_arn_reaches_a_server_through_amazons_plugin(mlflow, trained, tmp_path):
    """SageMaker's own server cannot be had here; a plain one stands for it and does not look at the signature."""
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/mine"
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with serving(mlflow, tmp_path) as (address, api):
        track(trained, arn, SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT=address, MLFLOW_EXPERIMENT_NAME="by-arn", **keys)
        run = only_run(api, "by-arn")
    assert run["info"]["status"] == "FINISHED"
    assert {one["key"]: one["value"] for one in run["data"]["metrics"]}["validation_score"] > 0.9


def test_a_job_whose_server_is_down_ends_well(trained):
    done = track(trained, f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 0
    assert done.stderr.count("WARNING") == 1
    assert re.search(r"MLflow did not get \d+ parameters, \d+ tags, 9 figures", done.stderr)
