"""Several hosts: XGBoost's workers find each other by its tracker, which runs beside the first of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from xgboost.collective import CommunicatorContext
from xgboost.tracker import RabitTracker

PORT = 9099


@contextmanager
def joined(run) -> Iterator[None]:
    """Let the workers share what happens inside the `with` block; nothing, where there is only one."""
    if run.size == 1:
        yield
        return
    tracker = None
    if run.rank == 0:
        tracker = RabitTracker(run.size, host_ip=run.addresses[0], port=PORT)
        tracker.start()
    arguments = run.gather(tracker and tracker.worker_args())[0]
    with CommunicatorContext(**arguments, dmlc_task_id=f"{run.rank:08d}"):
        yield
    if tracker:
        tracker.wait_for()
