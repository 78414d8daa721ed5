"""Several hosts: LightGBM's own distributed mode, in which each worker has a part of the rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PORT = 12400


@contextmanager
def joined(run) -> Iterator[dict[str, Any]]:
    """Give the parameters by which the workers find each other; none, where there is only one."""
    if run.size == 1:
        yield {}
        return
    yield {
        "tree_learner": "data",
        "num_machines": run.size,
        "machines": ",".join(f"{address}:{PORT}" for address in run.addresses),
        "local_listen_port": PORT,
        "time_out": 5,  # minutes
    }
