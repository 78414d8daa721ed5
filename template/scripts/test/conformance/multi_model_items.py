"""Items 70 to 77: a multi-model endpoint, whose models come and go while the server runs."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .bench import PATIENCE, Bench
from .client import Client
from .containers import Container
from .endpoint import MODELS, Endpoint
from .given import MEGABYTE
from .items import Failed, NotApplicable, demand, item
from .request_items import status_is
from .serving_items import has_label

SWITCH = "--env=SAGEMAKER_MULTI_MODEL=true"
WORKERS = "--env=SAGEMAKER_MODEL_SERVER_WORKERS=2"  # what one has loaded, the other must know of
OFTEN = 8  # requests, each over a connection of its own, of which each worker surely gets one
NAMES = ["a/b", "invoke", "a/invoke", "..", "a b", "100%", "%2F", "a?b#c", "モデル", "x" * 500]
BEYOND = 2**40  # bytes, as no machine of SageMaker's has


@item(70, "the label of multi-model endpoints, /models, and the request to a model that is loaded", "serving")
def load(bench: Bench) -> str:
    """A model is loaded with 200 and predicts; without SAGEMAKER_MULTI_MODEL, /models answers 404."""
    with bench.server() as (_, client):
        right = bench.ask(client)
        without = status_is(client.get("/models"), 404)
    if not bench.once(_has_routes):
        demand(not has_label(bench, "multi-models"), "the label is true, and /models answers 404")
        return f"no label; {without}"
    with _endpoint(bench) as server:
        demand(not server.names(), "a model is there before one is loaded")
        _loaded(server, "first")
        for _ in range(OFTEN):
            answer = server.invoke(bench, "first")
            demand(answer.body == right.body, f"status {answer.status} {answer.text[:100]}")
    return "POST /models answers 200, and the model its requests; off by default"


@item(71, "a name that is loaded already", "serving")
def load_again(bench: Bench) -> str:
    """A name that is loaded is refused with 409."""
    with _endpoint(bench) as server:
        _loaded(server, "first")
        for _ in range(OFTEN):
            status_is(server.load("first"), 409)
        demand(server.names() == ["first"], "it is listed twice")
    return "status 409"


@item(72, "a container with little memory left: a huge file in the model's folder, then many loads", "serving")
def out_of_memory(bench: Bench) -> str:
    """A model for which there is no memory is refused with 507, and the others answer."""
    with _endpoint(bench) as server:
        _loaded(server, "first")
        for _ in range(OFTEN):
            right = server.invoke(bench, "first")
        server.container.limit_memory(server.container.memory() + 64 * MEGABYTE)
        answer = server.load("refused", "huge")
        for number in range(100):
            if answer.status == 507:
                break
            demand(answer.status == 200, f"status {answer.status} {answer.text[:100]}")
            answer = server.load(f"another-{number}")
        status_is(answer, 507)
        demand(server.invoke(bench, "first").body == right.body, "the model that was loaded before answers no more")
        status_is(server.find("refused"), 404)
    return f"status 507: {answer.text[:80]}"


@item(73, "25 models, and the pages of the list", "serving")
def pages(bench: Bench) -> str:
    """GET /models lists every model once, in pages."""
    wanted = [f"model-{number}" for number in range(25)]
    with _endpoint(bench) as server:
        for name in wanted:
            _loaded(server, name)
        names = server.names()
        demand(sorted(names) == sorted(wanted), f"{len(names)} names for {len(wanted)} models")
        demand(names == server.names(), "the order changes")
        found = server.find("model-7")
        demand('"model-7"' in status_is(found, 200) + found.text, f"no description: {found.text[:100]}")
    return f"{len(names)} models, each once"


@item(74, "GET and DELETE of a name that is not loaded", "serving")
def unknown(bench: Bench) -> str:
    """An unknown name is answered with 404."""
    with _endpoint(bench) as server:
        _loaded(server, "first")
        return f"{status_is(server.find('second'), 404)}, {status_is(server.unload('second'), 404)}"


@item(75, "50 loads and unloads, and the memory of the processes", "serving")
def unload(bench: Bench) -> str:
    """Unloading frees the memory, and the name is unknown again."""
    with _endpoint(bench) as server:
        _come_and_go(bench, server, range(5))
        empty = server.container.resident()
        names = [f"held-{number}" for number in range(15)]
        for name in names:
            _loaded(server, name)
            _predicts(bench, server, name)
        size = (server.container.resident() - empty) / len(names)
        for name in names:
            status_is(server.unload(name), 200)
        _come_and_go(bench, server, range(5))
        before = server.container.resident()
        _come_and_go(bench, server, range(25))
        kept = server.container.resident() - before
        demand(kept < max(13 * size, MEGABYTE), f"25 models that were unloaded keep {kept // 1024} kB")
        status_is(server.find("0"), 404)
        demand(all(server.invoke(bench, "0").status != 200 for _ in range(OFTEN)), "it predicts all the same")
    return f"25 loads and unloads leave {kept // 1024} kB; one model holds {size / 1024:.0f} kB; then 404"


@item(76, "the request to a name that is not loaded", "serving")
def invoke_unknown(bench: Bench) -> str:
    """An invocation of an unknown name is answered with 404."""
    with _endpoint(bench) as server:
        _loaded(server, "first")
        return status_is(server.invoke(bench, "second"), 404)


@item(77, "names with slashes, dots, spaces, percent signs and Unicode", "serving")
def opaque_names(bench: Bench) -> str:
    """Names are opaque."""
    with _endpoint(bench) as server:
        for name in NAMES:
            _loaded(server, name)
        demand(sorted(server.names()) == sorted(NAMES), "the list has other names")
        for name in NAMES:
            for answer in (server.find(name), server.invoke(bench, name), server.unload(name)):
                demand(answer.status == 200, f"name {name[:20]!r}: status {answer.status} {answer.text[:100]}")
            demand(server.find(name).status == 404, f"name {name[:20]!r}: still there")
    return f"{len(NAMES)} names, each loaded, found, invoked and unloaded"


@contextmanager
def _endpoint(bench: Bench) -> Iterator[Endpoint]:
    """Start the image as a multi-model endpoint, with the folder of a model and one too large for any machine."""
    if not bench.once(_has_routes) and not has_label(bench, "multi-models"):
        raise NotApplicable("no label, and /models answers 404: no multi-model endpoint")
    if bench.model is None:
        raise Failed("there is no model to serve: the training job left none, and --model gives none")
    with bench.mounted_folder() as base:
        for name in ("small", "huge"):
            shutil.copytree(bench.model, base / name)
            (base / name).chmod(0o755)
        with (base / "huge" / "more.bin").open("wb") as file:
            file.truncate(BEYOND)  # without a byte on the disk
        with bench.serving(SWITCH, WORKERS, f"--volume={base}:{MODELS}:ro") as (container, client):
            _wait_for_ping(container, client)
            yield Endpoint(client, container)


def _has_routes(bench: Bench) -> bool:
    """Tell whether the image, started as a multi-model endpoint, knows of models."""
    with bench.serving(SWITCH) as (container, client):
        _wait_for_ping(container, client)
        return client.get("/models", timeout=60).status != 404


def _wait_for_ping(container: Container, client: Client) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError):
            if client.get("/ping").status == 200:
                return
        demand(container.is_running, f"the container ended: {container.last_line()}")
        time.sleep(0.1)
    raise Failed("/ping never answers 200, with SAGEMAKER_MULTI_MODEL=true")


def _loaded(server: Endpoint, name: str) -> None:
    answer = server.load(name)
    demand(answer.status == 200, f"POST /models answers {answer.status} {answer.text[:100]}")


def _predicts(bench: Bench, server: Endpoint, name: str) -> None:
    for _ in range(OFTEN):
        status_is(server.invoke(bench, name), 200)


def _come_and_go(bench: Bench, server: Endpoint, numbers: range) -> None:
    for number in numbers:
        _loaded(server, str(number))
        _predicts(bench, server, str(number))
        status_is(server.unload(str(number)), 200)
