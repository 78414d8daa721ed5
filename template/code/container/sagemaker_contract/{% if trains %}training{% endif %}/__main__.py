"""Run the training job of the model that `MODEL` names: `python -m sagemaker_contract.training`.

Exit codes: 0 the model is saved; 2 the data or hyperparameters cannot be used; 143 stopped by SIGTERM, with a
checkpoint where the model learns in rounds; a code that the job itself gives to sys.exit(); 1 for any other failure,
also of another host. The cause of a failure stands in `output/failure`, whose first 1024 characters SageMaker shows,
and on standard error.
"""

import logging
import signal
import sys
import traceback
from collections.abc import Callable

from .. import models
from ..errors import InputError
from ..paths import OptMl
from . import failure, launching, workers
from .group import Group
from .job import TrainingJob
from .stopping import SIGNALS, STOPPED, Stop


def main() -> int:
    """Run the job and give its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    before = {number: signal.signal(number, lambda *_: sys.exit(STOPPED)) for number in SIGNALS}
    folders = OptMl.from_environment()
    try:
        if launching.is_worker():
            launching.register()
            return launching.leave(_outcome(folders, _train))
        failure.clear(folders)
        return _outcome(folders, _start)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(folders: OptMl) -> int:
    """Train in this process, or in workers that the framework's own launcher starts."""
    hosts = workers.hosts_of_job(folders)
    if not hosts:
        logging.info("nothing to do: only the first host trains")
        return 0
    with workers.hosts_joined(folders, hosts) as group:
        command = workers.launcher(folders, hosts)
        return workers.launched(folders, command, group) if command else _train(folders, group)


def _train(folders: OptMl, group: Group | None = None) -> int:
    with Stop(launching.leave) as stop, workers.run_of_worker(folders, stop, group) as run:
        models.code("jobs.training").run(TrainingJob(folders, run))
    return 0


def _outcome(folders: OptMl, work: Callable[[OptMl], int]) -> int:
    """Do the work; give the exit code, and write the cause where it failed."""
    try:
        return work(folders)
    except InputError as error:
        failure.write(folders, str(error))
        return 2
    except SystemExit as stop:
        return _exit_code(stop, folders)
    except Exception as error:
        traceback.print_exc()
        failure.write(folders, f"{type(error).__name__}: {error}")
        return 1


def _exit_code(stop: SystemExit, folders: OptMl) -> int:
    code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    if code and code != STOPPED and not failure.exists(folders):
        failure.write(folders, f"the training job ended itself: {stop.code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
