"""Run the training job of the model that `MODEL` names: `python -m sagemaker_contract.training`.

Exit codes: 0 the model is saved; 2 the data or hyperparameters cannot be used; 143 stopped by SIGTERM;
a code that the job itself gives to sys.exit(); 1 for any other failure. The cause of a failure stands in
`output/failure`, whose first 1024 characters SageMaker shows, and on standard error.
"""

import logging
import signal
import sys
import traceback

from .. import models
from ..errors import InputError
from ..paths import OptMl
from . import failure
from .job import TrainingJob

STOPPED = 128 + signal.SIGTERM


def main() -> int:
    """Run the job and give its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    signal.signal(signal.SIGTERM, _stop)
    folders = OptMl.from_environment()
    failure.clear(folders)
    try:
        _run(TrainingJob(folders))
    except InputError as error:
        failure.write(folders, str(error))
        return 2
    except SystemExit as stop:
        return _exit_code(stop, folders)
    except Exception as error:
        traceback.print_exc()
        failure.write(folders, f"{type(error).__name__}: {error}")
        return 1
    return 0


def _run(job: TrainingJob) -> None:
    if not job.resources.is_leader:
        logging.info("%s has nothing to do: only the first host trains", job.resources.current_host)
        return
    models.code("jobs.training").run(job)


def _stop(*_: object) -> None:
    print("SIGTERM: stopping before the model is saved", file=sys.stderr)
    sys.exit(STOPPED)


def _exit_code(stop: SystemExit, folders: OptMl) -> int:
    code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    if code and code != STOPPED:
        failure.write(folders, f"the training job ended itself: {stop.code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
