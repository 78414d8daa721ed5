"""A dry run touches nothing, and refuses what AWS would."""

import signal
import time

import pytest
from batch_context import context
from settings import config

from batches import command
from sagemaker_jobs.dry_run import DryRun
from sagemaker_jobs.requests import endpoint
from utils.aws.errors import NotThere
from utils.config_reader import ConfigError

pytestmark = pytest.mark.usefixtures("no_network")


def test_a_wrong_request_is_refused_in_a_line():
    one = config()
    request = endpoint.create(one, context(one).run, "configured")
    with pytest.raises(ConfigError, match=r"^CreateEndpoint: EndpointName is 'a_b'; accepted: what matches [^\n]+$"):
        DryRun(one).sagemaker.create_endpoint(**request | {"EndpointName": "a_b"})


def test_what_was_not_asked_for_is_not_there():
    backend = DryRun(config())
    with pytest.raises(NotThere, match="could not find Endpoint other"):
        backend.sagemaker.describe_endpoint(EndpointName="other")
    with pytest.raises(FileNotFoundError):
        backend.stored.read("s3://b/other")
    assert backend.stored.list("s3://b/") == []
    with pytest.raises(AttributeError, match="no create_nothing"):
        backend.sagemaker.create_nothing()


def test_a_whole_dry_run_waits_for_nothing(printed, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # pytest's own stay
    start = time.monotonic()
    assert command.main(["--backend", "sagemaker", "--dry-run"]) == 0
    assert printed()
    assert time.monotonic() - start < command.SECONDS_BETWEEN_LOOKS["sagemaker"]
