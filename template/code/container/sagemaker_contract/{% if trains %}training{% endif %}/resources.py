"""input/config/resourceconfig.json: the hosts of the job."""

import json
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from ..errors import InputError


class Resources(BaseModel):
    """The job's hosts.

    Attributes:
        current_host: name of this host.
        hosts: names of all hosts; the first is the leader.
        network_interface_name: what the hosts talk over.
    """

    current_host: str = "algo-1"
    hosts: list[str] = Field(["algo-1"], min_length=1)
    network_interface_name: str = "eth0"

    @property
    def number(self) -> int:
        """This host's place among all, from 0."""
        return self.hosts.index(self.current_host)

    @property
    def is_leader(self) -> bool:
        """Whether this host is the one that writes the model."""
        return self.current_host == self.hosts[0]


def read(config: Path) -> Resources:
    """Read resourceconfig.json, or resourceConfig.json as some of AWS's pages call it; neither means one host.

    Raises:
        InputError: the file does not say what it must.
    """
    for name in ("resourceconfig.json", "resourceConfig.json"):
        path = config / name
        if not path.exists():
            continue
        try:
            resources = Resources.model_validate(json.loads(path.read_bytes()))
        except (ValueError, ValidationError):
            accepted = "a JSON object with current_host and hosts"
            raise InputError(f"{path} does not name the hosts of the job", accepted) from None
        if resources.current_host not in resources.hosts:
            raise InputError(f"{path}: current_host {resources.current_host!r} is none of the hosts", "one of hosts")
        return resources
    return Resources()
