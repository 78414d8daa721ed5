"""Render a project into demo/, train it, serve it, and show a prediction with the time that each step took."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import copier
import questionary

REPOSITORY = Path(__file__).parents[1]
PROJECTS = {
    "scikit-learn on FastAPI, from scratch (the defaults)": ("demo-default", {}),
    "XGBoost on Flask, SageMaker's toolkit on a plain image": (
        "demo-xgboost",
        {"framework": "xgboost", "web_framework": "flask", "pattern": "toolkit_on_own_image"},
    ),
    "LightGBM behind AWS's handlers, an AWS image extended, in Japanese": (
        "demo-lightgbm",
        {"framework": "lightgbm", "web_framework": "toolkit", "pattern": "extend_aws_image", "language": "ja"},
    ),
}
steps: list[tuple[str, float]] = []


def main() -> int:
    """Run the steps and print the table; the exit code is that of the step that failed."""
    name, answers = PROJECTS[choose()]
    project = REPOSITORY / "demo" / name
    port = free_port()
    environment = os.environ | {"MODEL": "tumour", "SAGEMAKER_BIND_TO_PORT": str(port)}
    environment.pop("SAGEMAKER_BASE_DIR", None)
    try:
        with step("render the project"):
            render(project, answers)
        with step("make its environment"):
            subprocess.run(
                ["bash", "-c", ". scripts/environment.sh; use_environment"], cwd=project, env=environment, check=True
            )
        with step("train"):
            subprocess.run(["scripts/local_run/train.sh"], cwd=project, env=environment, check=True)
        server = subprocess.Popen(["scripts/local_run/serve.sh"], cwd=project, env=environment)
        try:
            with step("start the server, until /ping answers 200"):
                wait_for_the_model(server, port)
            with step("predict"):
                rows = (project / "sample_data" / "tumour" / "request.csv").read_bytes()
                predictions = post(rows, port)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    except (subprocess.CalledProcessError, RuntimeError) as error:
        print(f"The demo stopped: {error}", file=sys.stderr)
        return 1
    print(f"\n{len(rows.splitlines())} tumours, and what the model says of each:")
    print("".join(f"  {line}\n" for line in predictions.splitlines()))
    for what, seconds in steps:
        print(f"  {seconds:7.2f} s  {what}")
    print(f"\nThe project stays in {project.relative_to(REPOSITORY)}; its README says how to go on.")
    return 0


def choose() -> str:
    """Ask which project to show, where somebody is there to answer; the first one otherwise."""
    first, *_ = PROJECTS
    if not sys.stdin.isatty():
        return first
    return questionary.select("Which project shall be shown?", choices=list(PROJECTS)).unsafe_ask()


@contextmanager
def step(what: str):
    """Say what is being done, and note how long it took."""
    print(f"== {what}", flush=True)
    start = time.perf_counter()
    yield
    steps.append((what, time.perf_counter() - start))


def render(project: Path, answers: dict[str, str]) -> None:
    """Render this checkout as it stands; an earlier demo's environment is kept."""
    copier.run_copy(
        str(REPOSITORY),
        project,
        data={"project_name": project.name, "model_name": "tumour", **answers},
        vcs_ref="HEAD",
        defaults=True,
        overwrite=True,
        quiet=True,
    )


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_the_model(server: subprocess.Popen, port: int) -> None:
    """Ask /ping until it answers 200.

    Raises:
        RuntimeError: the server ended, or did not become ready in two minutes.
    """
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2)
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError("the server did not become ready")


def post(rows: bytes, port: int) -> str:
    """Send rows to /invocations; give the answer, a prediction a line."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", rows, {"Content-Type": "text/csv"})
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
