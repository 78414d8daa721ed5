"""A rendered project whose scripts are run as a user runs them."""

import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import copier
from answers import ROOT

PATIENCE = 180  # seconds for a server to become ready


class Project:
    """A rendered project."""

    def __init__(self, folder: Path, answers: dict) -> None:
        self.folder = folder
        self.answers = {"model_name": "tumour", **answers}
        copier.run_copy(str(ROOT), folder, data=self.answers, vcs_ref="HEAD", defaults=True, quiet=True)
        # What the project finds is what a user's shell has: no environment of this test run's.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SAGEMAKER_", "VIRTUAL_ENV"))}
        self.environment = kept | {"MODEL": "tumour", "OMP_NUM_THREADS": "1"}  # two projects share the cores

    def run(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        """Run a command in the project's folder."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment | environment, capture_output=True, text=True, timeout=900
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def serving(self, **environment: str):
        """Start serve.sh; give a function that posts to it, once the model is loaded."""
        port = environment.get("SAGEMAKER_BIND_TO_PORT") or str(free_port())
        process = subprocess.Popen(
            ["scripts/local_run/serve.sh"],
            cwd=self.folder,
            env=self.environment | {"SAGEMAKER_BIND_TO_PORT": port} | environment,
        )
        try:
            wait_until_ready(process, port)
            yield lambda body, content_type="text/csv": post(port, body, content_type)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()


def executable(name: str) -> str:
    """Give the path of a program, the system's own first: a version manager's needs more than itself, and its user."""
    return shutil.which(name, path=os.defpath) or shutil.which(name)


def free_port() -> int:
    """Give a port that nobody has, below those that the system gives to others until the server takes it."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = secrets.choice(range(20000, 32768))
            probe.bind(("127.0.0.1", port))
            return port


def wait_until_ready(process: subprocess.Popen, port: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, f"serve.sh ended with {process.returncode}"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5)
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("/ping never answered 200")


def post(port: str, body: bytes, content_type: str) -> tuple[int, str]:
    """Give status and text of the answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
