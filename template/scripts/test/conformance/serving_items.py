"""Items 39 to 48, 63 to 65, 68, 69, and 83: the life of a server."""

import re
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from .bench import Bench
from .client import Client, read_answer
from .containers import Container, docker
from .given import MEGABYTE
from .items import Failed, demand, item

CAPABILITIES = "com.amazonaws.sagemaker.capabilities."

# Kills every process that nobody else descends from, but process 1: the workers of a server.
KILL_THE_WORKERS = """
parents=$(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) . \\([0-9]*\\) .*/\\1/')
for folder in /proc/[0-9]*; do
    number=${folder#/proc/}
    parent=$(sed 's/.*) . \\([0-9]*\\) .*/\\1/' $folder/stat 2>/dev/null)
    case "$number $parent" in 1\\ *|*\\ 0|$$\\ *|*\\ $$) continue ;; esac
    echo "$parents" | grep --quiet --line-regexp "$number" || kill -9 "$number"
done
"""

# Posts what comes on standard input, from inside the container.
POST_INSIDE = """
import sys, time, urllib.request
body, headers = sys.stdin.buffer.read(), {"Content-Type": sys.argv[1]}
request = urllib.request.Request("http://127.0.0.1:8080/invocations", body, headers)
for _ in range(3000):
    try:
        sys.stdout.write(urllib.request.urlopen(request, timeout=60).read().decode())
        break
    except OSError:
        time.sleep(0.1)
"""


def answers(bench: Bench, *options: str, **how) -> str:
    """Demand that a server of its own answers the request."""
    with bench.serving(*options, **how) as (container, client):
        answer = bench.wait_until_served(container, client)
    return f"/invocations answers {answer.status} {answer.text[:40]!r}"


@item(39, "a request from outside the container to port 8080", "serving")
def binds(bench: Bench) -> str:
    """The server binds 0.0.0.0:8080."""
    with bench.server() as (_, client):
        return f"/ping answers {client.get('/ping').status}"


@item(40, "SAGEMAKER_BIND_TO_PORT=9191, and the label of this capability", "serving")
def bind_to_port(bench: Bench) -> str:
    """The port may be another, and the label says so."""
    demand(has_label(bench, "accept-bind-to-port"), "the label accept-bind-to-port is not true")
    return answers(bench, "--env=SAGEMAKER_BIND_TO_PORT=9191", port=9191)


@item(41, "SAGEMAKER_SAFE_PORT_RANGE=9000-9049, and the ports that are listened at", "serving")
def safe_ports(bench: Bench) -> str:
    """Further ports lie in the range that SageMaker leaves."""
    with bench.serving("--env=SAGEMAKER_SAFE_PORT_RANGE=9000-9049") as (container, client):
        bench.wait_until_served(container, client)
        tables = docker("exec", container.name, "sh", "-c", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; true")
    lines = re.findall(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A ", tables.stdout.decode(), re.MULTILINE)
    ports = sorted({int(port, 16) for port in lines})
    others = [port for port in ports if port != 8080 and not 9000 <= port <= 9049]
    demand(not others, f"listens at {others} besides")
    return f"listens at {ports}"


@item(42, "/ping from the start on, and a request at its first 200", "serving")
def ping_before_load(bench: Bench) -> str:
    """/ping does not answer 200 before the model is loaded."""
    with bench.serving() as (container, client):
        before = _first_answers(client, container)
        early = bench.ask(client)
        later = bench.wait_until_served(container, client)
    demand(early.status == 200, f"/ping answers 200 and /invocations {early.status} {early.text[:100]}")
    demand(early.body == later.body, f"/ping answers 200 before there are predictions: {early.text[:100]!r}")
    return f"before: {', '.join(map(str, sorted(before))) or 'no connection'}; then 200 and predictions"


@item(43, "/ping once the model is loaded", "serving")
def ping(bench: Bench) -> str:
    """/ping then answers 200 with no body."""
    with bench.server() as (_, client):
        answer = client.get("/ping")
    demand(answer.status == 200, f"status {answer.status}")
    demand(not answer.body, f"a body: {answer.text[:100]}")
    return "200, no body"


@item(44, "/ping while four clients post large bodies", "serving")
def ping_under_load(bench: Bench) -> str:
    """/ping answers within 2 s under load."""
    body, content_type = bench.given.large_body(2 * MEGABYTE)
    slowest = 0.0
    with bench.server() as (_, client), ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(_post_often, client, body, content_type) for _ in range(4)]
        while not all(future.done() for future in clients):
            start = time.monotonic()
            status = client.get("/ping", timeout=10).status
            slowest = max(slowest, time.monotonic() - start)
            demand(status == 200, f"status {status}")
            time.sleep(0.05)
    demand(slowest < 2, f"the slowest answer took {slowest:.2f} s")
    return f"the slowest answer took {slowest:.3f} s"


@item(45, "an empty model folder", "serving")
def no_model(bench: Bench) -> str:
    """/ping does not answer 200 without a model."""
    folder = bench.folder / "no-model"
    folder.mkdir()
    return _never_healthy(bench, folder)


@item(46, "every file of the model cut in half", "serving")
def corrupt_model(bench: Bench) -> str:
    """/ping does not answer 200 with a corrupt model."""
    demand(bench.model, "there is no model to cut")
    folder = bench.folder / "corrupt-model"
    shutil.copytree(bench.model, folder)
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return _never_healthy(bench, folder)


@item(47, "the model mounted read-only", "serving")
def read_only_model(bench: Bench) -> str:
    """The model may be read-only."""
    return answers(bench, mode="ro")


@item(48, "a read-only root; /tmp can be written", "serving")
def read_only_root(bench: Bench) -> str:
    """The server writes to /tmp only."""
    return answers(bench, "--read-only", "--tmpfs=/tmp:rw,exec,mode=1777")


@item(63, "the environment of a batch transform", "serving")
def batch(bench: Bench) -> str:
    """The variables of a batch transform are accepted."""
    settings = {"BATCH": "true", "MAX_PAYLOAD_IN_MB": "6", "BATCH_STRATEGY": "MULTI_RECORD"}
    settings["MAX_CONCURRENT_TRANSFORMS"] = "1"
    return answers(bench, *(f"--env=SAGEMAKER_{name}={value}" for name, value in settings.items()))


@item(64, "SIGTERM while a request is half sent", "serving")
def sigterm(bench: Bench) -> str:
    """SIGTERM lets requests finish, and ends the server within 30 s."""
    with bench.serving() as (container, client):
        right = bench.wait_until_served(container, client)
        connection = client.connect(timeout=30)
        half = len(bench.given.request) // 2
        connection.putrequest("POST", "/invocations")
        connection.putheader("Content-Type", bench.given.content_type)
        connection.putheader("Content-Length", str(len(bench.given.request)))
        connection.endheaders(bench.given.request[:half])
        time.sleep(0.5)
        start = time.monotonic()
        container.send("TERM")
        time.sleep(0.5)
        try:
            connection.send(bench.given.request[half:])
            answer = read_answer(connection)
        except OSError as error:
            raise Failed(f"the request got no answer: {type(error).__name__}") from None
        finally:
            connection.close()
        demand(answer.body == right.body, f"the request got {answer.status} {answer.text[:100]}")
        code = container.wait(30)
        seconds = time.monotonic() - start
    return f"the request is answered; exit code {code} after {seconds:.1f} s"


@item(65, "SIGKILL to the workers, or to process 1 where it has none", "serving")
def dead_worker(bench: Bench) -> str:
    """A dead worker comes back, or the container ends."""
    with bench.serving() as (container, client):
        bench.wait_until_served(container, client)
        if len(container.processes()) == 1:
            container.send("KILL")
        else:
            container.run_beside(bench.image, KILL_THE_WORKERS)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if not container.is_running:
                return f"the container ends, exit code {container.wait(5)}"
            with suppress(OSError):
                if client.get("/ping").status == 200 and bench.ask(client).status == 200:
                    return "workers come back, and requests are answered"
            time.sleep(0.2)
    raise Failed("after 60 s it still runs and answers no request")


@item(68, "the label of bidirectional streaming, and its route where there is one", "serving")
def websocket(bench: Bench) -> str:
    """The label of bidirectional streaming is true only where the route answers."""
    if not has_label(bench, "bidirectional-streaming"):
        return "no label, so no route is promised"
    head = (
        "GET /invocations-bidirectional-stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Y29udHJhY3QtaXRlbS02OA==\r\n\r\n"
    )
    with bench.server() as (_, client), socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(head.encode())
        first = connection.recv(200).partition(b"\r\n")[0].decode(errors="replace")
        demand(" 101 " in f"{first} ", f"the label is true, and the route answers {first!r}")
        connection.sendall(b"\x89\x80\0\0\0\0")  # a ping without content, masked
        end = time.monotonic() + 10
        while time.monotonic() < end and (byte := connection.recv(1)):
            if byte == b"\x8a":
                return "the route is there, and pings are answered"
    raise Failed("the route is there, and does not answer pings")


@item(69, "an empty SAGEMAKER_PROGRAM", "image")
def empty_program(bench: Bench) -> str:
    """An empty SAGEMAKER_PROGRAM counts as unset."""
    seen = []
    if bench.trains:
        run = bench.train("--env=SAGEMAKER_PROGRAM=")
        demand(run.exit_code == 0, run.seen)
        seen.append("it trains")
    if bench.serves:
        answers(bench, "--env=SAGEMAKER_PROGRAM=")
        seen.append("it serves")
    return ", ".join(seen)


@item(83, "no network, no credentials", "image")
def offline(bench: Bench) -> str:
    """The image works offline and without credentials."""
    seen = []
    if bench.trains:
        run = bench.train("--network=none")
        demand(run.exit_code == 0, f"train: {run.seen}")
        seen.append("it trains")
    if bench.serves:
        with bench.serving("--network=none") as (container, _):
            python = 'exec "$(command -v python3 || command -v python)" -c "$0" "$1"'
            command = ("sh", "-c", python, POST_INSIDE, bench.given.content_type)
            answer = docker(
                "exec", "--interactive", container.name, *command, input=bench.given.request, timeout=300
            ).stdout.decode(errors="replace")
        demand(answer.strip(), "an empty answer")
        seen.append("it serves")
    return ", ".join(seen)


def has_label(bench: Bench, capability: str) -> bool:
    """Tell whether a label says that the image has a capability."""
    return (bench.settings["Labels"] or {}).get(CAPABILITIES + capability, "false").lower() == "true"


def _first_answers(client: Client, container: Container) -> set[int]:
    """Ask /ping until it answers 200; give the statuses before that."""
    seen: set[int] = set()
    end = time.monotonic() + 300
    while time.monotonic() < end:
        with suppress(OSError):
            status = client.get("/ping").status
            if status == 200:
                return seen
            seen.add(status)
        demand(container.is_running, f"the container ended: {container.last_line()}")
        time.sleep(0.02)
    raise Failed(f"/ping never answers 200, but {seen or 'nothing'}")


def _never_healthy(bench: Bench, model: Path) -> str:
    """Watch /ping for as long as a whole model takes to load twice, and longer while it answers 200.

    The last answers count: an image that is healthy too early, and is so no more once the model cannot be loaded, is
    caught by another item.
    """
    with bench.server():
        pass  # so that there is a time to compare with
    seen: list[int] = []
    with bench.serving(model=model) as (container, client):
        start = time.monotonic()
        end, latest = start + max(5, 2 * bench.seconds_to_load), start + max(30, 4 * bench.seconds_to_load)
        while container.is_running and time.monotonic() < (latest if 200 in seen[-3:] else end):
            with suppress(OSError):
                seen.append(client.get("/ping").status)
            time.sleep(0.2)
        demand(200 not in seen[-3:], "/ping answers 200")
        if not container.is_running:
            return f"the container ends, exit code {container.wait(5)}"
    return f"/ping answers {', '.join(map(str, sorted(set(seen[-3:])))) or 'nothing'}"


def _post_often(client: Client, body: bytes, content_type: str) -> None:
    for _ in range(3):
        with suppress(OSError):
            client.post(body, content_type, {})
