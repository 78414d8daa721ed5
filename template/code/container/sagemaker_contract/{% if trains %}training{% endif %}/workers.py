"""Which hosts train, and how the processes that train find each other."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from .. import models
from ..ending import STOPPED
from ..errors import InputError
from ..paths import OptMl
from . import channels, failure, launching, resources
from .group import Group
from .job_run import JobRun
from .stopping import Stop

FIRST_HOST_ALONE = "TRAIN_ON_FIRST_HOST"
OF_HOSTS, OF_WORKERS = 7778, 7779  # ports on the first host
TRACKING = "sagemaker_contract.training.tracking"


def hosts_of_job(folders: OptMl) -> list[str]:
    """Name the hosts that train; none where this one has nothing to do.

    Raises:
        InputError: the first host is to train alone, and has a part of the data.
    """
    known = resources.read(folders.config)
    if len(known.hosts) == 1 or not _first_host_alone():
        return known.hosts
    if channels.is_sharded(folders):
        whole = "S3DistributionType FullyReplicated, or one instance"
        raise InputError("the first host would train alone, and has a part of the data (ShardedByS3Key)", whole)
    return known.hosts[:1] if known.is_leader else []


@contextmanager
def hosts_joined(folders: OptMl, hosts: list[str]) -> Iterator[Group | None]:
    """Join the other hosts, if there are any: where one fails, so do all."""
    rank = hosts.index(resources.read(folders.config).current_host)
    with _joined(folders, rank, hosts, OF_HOSTS) as group:
        yield group


def launcher(folders: OptMl, hosts: list[str]) -> list[str]:
    """Give the command that starts the workers of this host; nothing where this process is the only one.

    Raises:
        InputError: the framework trains on one host, and the job has several.
    """
    cluster = models.code("cluster") if models.has("cluster") else None
    if len(hosts) > 1 and not hasattr(cluster, "joined"):
        why = getattr(cluster, "REFUSAL", "the model's code has no cluster.py")
        alone = f"{FIRST_HOST_ALONE}=true in the job's environment, so that the first host trains alone"
        raise InputError(f"the job has {len(hosts)} hosts: {why}", f"one instance, or {alone}")
    if not hasattr(cluster, "launch"):
        return []
    known = resources.read(folders.config)
    return cluster.launch(hosts, hosts.index(known.current_host), known.network_interface_name)


def launched(folders: OptMl, command: list[str], group: Group | None) -> int:
    """Run the workers of this host by their launcher; give the exit code of the first that failed, or 0."""
    workers = launching.Workers(command)
    if group:
        group.before_exit.append(workers.kill)
    code = workers.wait()
    if code not in (0, STOPPED):
        failure.write(folders, f"a worker ended with exit code {code}; the log has the cause")
    if code:
        raise SystemExit(code)
    return 0


@contextmanager
def run_of_worker(folders: OptMl, stop: Stop, group: Group | None) -> Iterator[JobRun]:
    """Give the run of this process, which is a worker by itself, or one that a launcher started.

    Args:
        folders: of the job.
        stop: tells whether the job is to stop.
        group: the hosts, each of which is one worker; None for a launched worker.
    """
    hosts = hosts_of_job(folders)
    if launching.is_worker():
        with _joined(folders, *launching.place(hosts), OF_WORKERS) as group:
            yield from _tracked(JobRun(folders, stop, hosts, group))
    else:
        yield from _tracked(JobRun(folders, stop, hosts, group))


def _tracked(run: JobRun) -> Iterator[JobRun]:
    if run.rank == 0 and find_spec(TRACKING):
        run.followers.append(import_module(TRACKING).Tracker.from_environment())
    succeeded = False
    try:
        yield run
        succeeded = True
    finally:
        run.finish(succeeded)


@contextmanager
def _joined(folders: OptMl, rank: int, names: list[str], port: int) -> Iterator[Group | None]:
    """Join the others, if there are any, and leave in good order or tell them why not."""
    if len(names) == 1:
        yield None
        return
    before_exit: list[Callable[[], None]] = []

    def on_failure(cause: str, code: int) -> None:
        """End this process at once, for its main thread may wait for ever."""
        if code != STOPPED:
            failure.write(folders, cause)
        for end in before_exit:
            end()
        sys.stdout.flush()
        os._exit(launching.leave(code))

    group = Group(rank, names, port, on_failure)
    group.before_exit = before_exit
    try:
        yield group
    except SystemExit as end:
        group.fail(f"exit code {end.code}", STOPPED if end.code == STOPPED else 1)
        raise
    except InputError as error:
        group.fail(str(error), 1)
        raise
    except BaseException as error:
        group.fail(f"{type(error).__name__}: {error}", 1)
        raise
    group.close()


def _first_host_alone() -> bool:
    return os.environ.get(FIRST_HOST_ALONE, "").lower() == "true"
