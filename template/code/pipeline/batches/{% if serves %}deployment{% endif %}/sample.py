"""A sample request: the rows that came with the project, as any client would send them."""

import time
from pathlib import Path

from sagemaker_jobs.following import JobFailed
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.requests import endpoint
from sagemaker_jobs.settings import Config
from utils.config_reader import ConfigError

from ..context import Context

SAMPLES = Path(__file__).parents[4] / "sample_data"
CSV = {"ContentType": "text/csv", "Accept": "text/csv"}
PATIENCE = 900  # seconds for an asynchronous answer
PAUSE = 2.0  # seconds between two looks for it


def rows(config: Config) -> bytes:
    """Read the sample: feature rows, CSV without a header.

    Raises:
        ConfigError: there is none.
    """
    path = SAMPLES / config.model / "request.csv"
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; accepted: feature rows, CSV without a header") from None


def target(context: Context) -> str:
    """Name the run's model among those of a multi-model endpoint."""
    return f"{context.run.name}.tar.gz"


def ask(context: Context, body: bytes) -> bytes:
    """Send rows to the endpoint and give its answer.

    Raises:
        JobFailed: an asynchronous endpoint failed, or has not answered in time.
    """
    name, runtime = endpoint.name(context.config), context.backend.runtime
    if context.config.deployment.kind == "asynchronous":
        return _ask_later(context, body)
    one_of_many = {"TargetModel": target(context)} if context.config.deployment.kind == "multi-model" else {}
    return runtime.invoke_endpoint(EndpointName=name, Body=body, **CSV, **one_of_many)["Body"].read()


def _ask_later(context: Context, body: bytes) -> bytes:
    name, stored = endpoint.name(context.config), context.backend.stored
    uri = context.run.uri("deployment", "request.csv")
    stored.write(uri, body)
    asked = context.backend.runtime.invoke_endpoint_async(EndpointName=name, InputLocation=uri, **CSV)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if (answer := _read(context, asked["OutputLocation"])) is not None:
            return answer
        if (cause := _read(context, asked.get("FailureLocation", ""))) is not None:
            raise JobFailed(KINDS["Endpoint"], name, "Failed", cause.decode(errors="replace"), [])
        time.sleep(PAUSE)
    cause = f"no answer to the sample within {PATIENCE} s; it would be {asked['OutputLocation']}"
    raise JobFailed(KINDS["Endpoint"], name, "Failed", cause, [])


def _read(context: Context, uri: str) -> bytes | None:
    try:
        return context.backend.stored.read(uri) if uri else None
    except FileNotFoundError:
        return None
