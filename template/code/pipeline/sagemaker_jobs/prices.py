"""What instances cost an hour, by a small dated table."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("prices.yml")


@dataclass(frozen=True)
class Prices:
    """Prices of instances.

    Attributes:
        as_of: when they held.
        region: where they held.
        hourly: US dollars an hour by instance type.
    """

    as_of: str
    region: str
    hourly: dict[str, float]

    def of_variant(self, variant: dict[str, Any], instances: int) -> float | None:
        """Give what a variant costs an hour while nobody asks it anything; None where that is unknown.

        Args:
            variant: as an endpoint's configuration has it.
            instances: how many it has now.
        """
        if "ServerlessConfig" in variant:
            return 0.0 if not variant["ServerlessConfig"].get("ProvisionedConcurrency") else None
        return self.of_instances(variant.get("InstanceType", ""), instances)

    def of_instances(self, instance_type: str, instances: int) -> float | None:
        """Give what instances cost an hour, those of an endpoint or of a job; None where that is unknown."""
        price = self.hourly.get(instance_type)
        return None if price is None else price * instances


@cache
def table() -> Prices:
    """Read the table beside this module."""
    return Prices(**yaml.safe_load(FILE.read_text("utf-8")))
