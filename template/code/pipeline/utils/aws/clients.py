"""Clients of AWS that try again, ever later, and do not wait for ever."""

from typing import Any

from botocore.config import Config

CONNECTIONS = 16
PATIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 8},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=CONNECTIONS,
)


def client(service: str, region: str | None) -> Any:
    """Give boto3's client of a service, with the credentials of this machine."""
    import boto3

    return boto3.Session(region_name=region).client(service, config=PATIENT)
