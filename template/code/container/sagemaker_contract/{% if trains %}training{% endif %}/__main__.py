"""Run the training job of the model that `MODEL` names: `python -m sagemaker_contract.training`.

Exit codes: 0 the model is saved; 2 the data or hyperparameters cannot be used; 143 stopped by SIGTERM, with a
checkpoint where the model learns in rounds; a code that the job itself gives to sys.exit(); 1 for any other failure,
also of another host. The cause of a failure stands in `output/failure`, whose first 1024 characters SageMaker shows,
and on standard error.
"""

import logging
import signal
import sys
from functools import partial

from .. import models
from ..ending import Told, exit_code
from ..paths import OptMl
from . import failure, launching, workers
from .group import Group
from .job import TrainingJob
from .stopping import SIGNALS, Stop


def main() -> int:
    """Run the job and give its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    told = Told()
    before = {number: signal.signal(number, told) for number in SIGNALS}
    folders = OptMl.from_environment()
    write = partial(failure.write, folders)
    try:
        if launching.is_worker():
            launching.register()
            return launching.leave(exit_code(partial(_train, folders, told), write, told))
        failure.clear(folders)
        return exit_code(partial(_start, folders, told), write, told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(folders: OptMl, told: Told) -> int:
    """Train in this process, or in workers that the framework's own launcher starts."""
    hosts = workers.hosts_of_job(folders)
    if not hosts:
        logging.info("nothing to do: only the first host trains")
        return 0
    with workers.hosts_joined(folders, hosts) as group:
        command = workers.launcher(folders, hosts)
        return workers.launched(folders, command, group) if command else _train(folders, told, group)


def _train(folders: OptMl, told: Told, group: Group | None = None) -> int:
    with Stop(told, launching.leave) as stop, workers.run_of_worker(folders, stop, group) as run, told:
        models.code("jobs.training").run(TrainingJob(folders, run))
    return 0


if __name__ == "__main__":
    sys.exit(main())
