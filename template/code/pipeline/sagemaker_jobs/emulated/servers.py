"""Servers of models: what starts one, and how it is asked."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any, NamedTuple

from ..backends import Stored
from . import data
from .containers import Container

READY_SECONDS = 600  # that a server may take to load its model, where nothing else is said
PING_SECONDS = 2  # within which /ping answers
INVOCATION_SECONDS = 60


class Answer(NamedTuple):
    """A server's answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def definition(model: dict[str, Any]) -> dict[str, Any]:
    """Give the ContainerDefinition of a model."""
    return model.get("PrimaryContainer") or model["Containers"][0]


def is_multi_model(model: dict[str, Any]) -> bool:
    """Tell whether a model stands for all that lie under a prefix."""
    return definition(model).get("Mode") == "MultiModel"


def container_of(
    model: dict[str, Any], name: str, base: Path, stored: Stored, environment: dict[str, str]
) -> Container:
    """Give the container that serves a model on a free port; its artefact is unpacked, those of many are not yet.

    Args:
        model: its description.
        name: of the container.
        base: stands for /opt/ml; made.
        stored: has the artefact.
        environment: besides the model's own.

    Raises:
        Unusable: the artefact is damaged.
    """
    defined = definition(model)
    variables = defined.get("Environment", {}) | environment
    if is_multi_model(model):
        (base / "models").mkdir(parents=True)
        variables["SAGEMAKER_MULTI_MODEL"] = "true"
    else:
        data.unpack(stored, defined["ModelDataUrl"], base / "model")
    words, read_only = ["serve"], ("model", "models")
    return Container(name, defined["Image"], words, base, variables, read_only=read_only, port=free_port())


def free_port() -> int:
    """Give a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_ready(port: int) -> bool:
    """Tell whether /ping answers 200."""
    try:
        return ask(port, "GET", "/ping", seconds=PING_SECONDS).status == 200
    except (OSError, http.client.HTTPException):
        return False


def parameters(port: int) -> dict[str, Any]:
    """Give what a server says of batch transform; not every server does."""
    answer = ask(port, "GET", "/execution-parameters")
    return json.loads(answer.body) if answer.status == 200 else {}


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    seconds: float = INVOCATION_SECONDS,
) -> Answer:
    """Send a request to a server of this machine.

    Raises:
        OSError, http.client.HTTPException: there is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()
