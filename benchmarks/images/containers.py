"""Images and their containers: how large an image is, and how long a container takes from `docker run` on."""

import http.client
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from projects import free_port, post

CONTAINER = "bench-container"
POLL = 0.02  # seconds between two questions; many more would cost a server that is loading its own time
PATIENCE = 120  # seconds for a server to become ready
# Before the first line of the model's code. Containers have the clock of the machine that runs the engine.
STAMP = "import time\nprint(f'first line at {time.time():.6f}', flush=True)\n"
OFFLINE = ["--network", "none", "--add-host", "algo-1:127.0.0.1"]


def docker(*command: str) -> subprocess.CompletedProcess:
    """Run a command of Docker.

    Raises:
        RuntimeError: it failed; holds the end of what it printed.
    """
    done = subprocess.run(["docker", *command], capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(command)}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return done


def megabytes(image: str) -> float:
    """Give the size of an image, all layers unpacked, in 10^6 bytes."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6


def train(stack, model: Path, *command: str) -> str:
    """Run a training job on the stack's sample data, by `train` or another command, and give what it printed."""
    volumes = ["--volume", f"{stack.sample / 'input'}:/opt/ml/input:ro", "--volume", f"{model}:/opt/ml/model"]
    return docker("run", "--rm", *OFFLINE, *volumes, stack.train_image, *(command or ["train"])).stdout


def seconds_to_first_line(stack, *command: str) -> float:
    """Measure `docker run … train` up to the first line of the model's code, in an image built with STAMP."""
    with tempfile.TemporaryDirectory() as model:
        start = time.time()
        printed = train(stack, Path(model), *command)
    return float(re.search(r"^first line at (\S+)$", printed, re.MULTILINE)[1]) - start


def seconds_to_ping(stack, model: Path) -> float:
    """Measure `docker run … serve` up to the first 200 on /ping; the server then has to predict the sample rows."""
    port = free_port()
    publish = ["--publish", f"127.0.0.1:{port}:8080", "--volume", f"{model}:/opt/ml/model:ro"]
    start = time.perf_counter()
    with running(*publish, stack.serve_image, "serve") as container:
        while not is_ready(port):
            if container.poll() is not None or time.perf_counter() - start > PATIENCE:
                raise RuntimeError(f"{stack.serve_image} serve: /ping never answered 200")
            time.sleep(POLL)
        seconds = time.perf_counter() - start
        rows = (stack.sample / "request.csv").read_bytes()
        status, answer = post(str(port), rows, "text/csv")
        if status != 200 or len(answer.splitlines()) != len(rows.splitlines()):
            raise RuntimeError(f"{stack.serve_image} serve: /invocations answered {status}: {answer}")
    return seconds


@contextmanager
def running(*command: str):
    """Run a container, and remove it in the end; should something fail, print its log."""
    with tempfile.TemporaryFile("w+") as log:
        container = subprocess.Popen(
            ["docker", "run", "--rm", "--name", CONTAINER, *command], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield container
        except Exception:
            log.seek(0)
            print(log.read())
            raise
        finally:
            subprocess.run(["docker", "kill", CONTAINER], capture_output=True)
            container.wait()


def is_ready(port: int) -> bool:
    """Ask /ping once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
