"""Process 1 of a training image with AWS's toolkit: it starts the toolkit, which starts the job.

The toolkit alone ends every failed job with exit code 1 and a text of its own, and keeps SIGTERM from the job.
Here the exit code and the cause are the job's, and SIGTERM reaches it.
"""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from ...ending import STOPPED
from ...errors import InputError
from ...paths import OptMl
from ...training import failure, resources
from ...training.__main__ import main as run_job

PROGRAM = "sagemaker_contract/toolkit/training/program.py"


def main() -> int:
    """Run the toolkit and give the job's exit code."""
    if not find_spec("sagemaker_training"):  # AWS's XGBoost image has another toolkit, which only runs AWS's own code
        return run_job()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STOPPED))
    folders = OptMl.from_environment()
    failure.clear(folders)
    try:
        hosts = resources.read(folders.config).hosts
    except InputError as error:
        failure.write(folders, str(error))
        return 2
    with TemporaryDirectory() as folder:
        cause = Path(folder) / "cause"
        code = _run_toolkit(_environment(cause, hosts))
        (folders.output / "success").unlink(missing_ok=True)  # the toolkit's own mark, which nobody collects
        return _outcome(code, cause, folders) if code else 0


def _environment(cause: Path, hosts: list[str]) -> dict[str, str]:
    """Name the job to the toolkit; an empty SAGEMAKER_PROGRAM counts as unset."""
    environment = {
        **os.environ,
        "SAGEMAKER_CONTRACT_CAUSE": str(cause),
        "SAGEMAKER_PROGRAM": os.environ.get("SAGEMAKER_PROGRAM") or PROGRAM,
        "SAGEMAKER_TRAINING_MODULE": "",  # an AWS image's own way to run a program; it may install the code with pip
    }
    if len(hosts) == 1:  # else the toolkit waits, for up to 15 minutes, until the host's name resolves
        environment["SM_STUDIO_LOCAL_MODE"] = "true"
    return environment


def _run_toolkit(environment: dict[str, str]) -> int:
    toolkit = subprocess.Popen([sys.executable, "-m", "sagemaker_training.cli.train"], env=environment)
    signal.signal(signal.SIGTERM, lambda *_: _stop(toolkit, environment["SAGEMAKER_PROGRAM"]))
    return toolkit.wait()


def _stop(toolkit: subprocess.Popen, program: str) -> None:
    """Hand SIGTERM to the job, past the toolkit; to the toolkit where there is no job yet."""
    import psutil  # which comes with the toolkit

    with suppress(psutil.Error):
        jobs = [child for child in psutil.Process(toolkit.pid).children() if program in child.cmdline()]
        for process in jobs or [toolkit]:
            process.send_signal(signal.SIGTERM)


def _outcome(code: int, cause: Path, folders: OptMl) -> int:
    """Put the job's own cause in place of the toolkit's text, which has the job's exit code in it."""
    file = folders.output / "failure"
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines() if file.exists() else []
    of_job = next((match for match in map(re.compile(r"ExitCode (-?\d+)$").match, lines) if match), None)
    if of_job:
        code = int(of_job[1])
    if code < 0:
        code = 128 - code  # as a shell counts the signal that ended a process
    failure.clear(folders)
    if cause.exists():
        failure.write(folders, cause.read_text(encoding="utf-8"))
    elif code != STOPPED:
        failure.write(folders, f"the training job died with exit code {code}" if of_job or not lines else lines[-1])
    return code


if __name__ == "__main__":
    sys.exit(main())
