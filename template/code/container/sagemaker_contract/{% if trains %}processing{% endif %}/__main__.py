"""Run a processing job of the model that `MODEL` names: `python -m sagemaker_contract.processing evaluation`.

Exit codes: 0 the outputs are written; 2 the inputs cannot be used; 143 stopped by SIGTERM; a code that the job itself
gives to sys.exit(); 1 for any other failure. The cause of a failure stands in `output/message` and on standard error.
"""

import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pkgutil import iter_modules

from .. import models
from ..ending import STOPPED, Told, exit_code
from ..errors import InputError
from ..paths import OptMl
from . import links, message
from .job import ProcessingJob


def main(arguments: list[str]) -> int:
    """Run the job of this name and give its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    told = Told()
    signal.signal(signal.SIGTERM, told)
    folders = OptMl.from_environment()
    message.clear(folders)
    code = exit_code(partial(_run, folders, arguments), partial(message.write, folders), told)
    if code == STOPPED:
        message.write(folders, "SIGTERM: stopped before the job was done")
    return code


def _run(folders: OptMl, arguments: list[str]) -> int:
    run = _find(arguments)
    with ProcessingJob(folders) as job:
        run(job)
        links.replace(job.outputs, job.folder)
    return 0


def _find(arguments: list[str]) -> Callable[[ProcessingJob], None]:
    names = _names()
    if len(arguments) != 1 or arguments[0] not in names:
        given = " ".join(arguments) or "nothing"
        raise InputError(f"the processing job asked for is {given!r}", ", ".join(names) or "no job: jobs/ holds none")
    return models.code(f"jobs.{arguments[0]}").run


def _names() -> list[str]:
    """List what stands in the model's jobs/, the training job aside."""
    found = [module.name for module in iter_modules(models.code("jobs").__path__)]
    return sorted(name for name in found if name != "training" and not name.startswith("_"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
