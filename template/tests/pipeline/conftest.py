"""What the tests of the pipeline share."""

import json
import socket

import pytest

SERVICES = {
    "InvokeEndpoint": "sagemaker-runtime",
    "InvokeEndpointAsync": "sagemaker-runtime",
    "RegisterScalableTarget": "application-autoscaling",
    "PutScalingPolicy": "application-autoscaling",
    "PutMetricAlarm": "cloudwatch",
    "StartQueryExecution": "athena",
    "ExecuteStatement": "redshift-data",
}


def pytest_configure(config):
    """Name the marks."""
    config.addinivalue_line("markers", "postgresql: needs PostgreSQL's programs; left out by -m 'not postgresql'")
    config.addinivalue_line("markers", "mysql: needs MariaDB's programs; left out by -m 'not mysql'")


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a dry run has no network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def printed(capsys, no_network):
    """What a dry run has printed: operations and their requests, each checked."""
    from sagemaker_jobs import shapes

    def read():
        text, decoder, found = capsys.readouterr().out.strip(), json.JSONDecoder(), []
        while text:
            request, end = decoder.raw_decode(text)
            found.extend(request.items())
            text = text[end:].strip()
        for operation, request in found:
            assert shapes.problems(operation, request, SERVICES.get(operation, "sagemaker")) == []
        return found

    return read
