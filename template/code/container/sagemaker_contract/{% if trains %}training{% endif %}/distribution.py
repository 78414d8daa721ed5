"""input/config/inputdataconfig.json: how the data is shared among the hosts."""

import json

from ..paths import OptMl


def is_sharded(folders: OptMl, channel: str = "training") -> bool:
    """Tell whether each host has a part of the channel's objects (ShardedByS3Key), and not all of them."""
    try:
        settings = json.loads((folders.config / "inputdataconfig.json").read_bytes())
        return settings[channel]["S3DistributionType"] == "ShardedByS3Key"
    except (OSError, ValueError, KeyError, TypeError):
        return False
