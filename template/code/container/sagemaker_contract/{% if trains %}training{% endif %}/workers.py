"""Which hosts train, and how the processes that train find each other."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from .. import models
from ..errors import InputError
from ..paths import OptMl
from . import distribution, failure, launching, resources
from .group import Group
from .job_run import JobRun
from .stopping import STOPPED, Stop

FIRST_HOST_ALONE = "TRAIN_ON_FIRST_HOST"
OF_HOSTS, OF_WORKERS = 7778, 7779  # ports on the first host
TRACKING = "sagemaker_contract.training.tracking"


def hosts_of_job(folders: OptMl) -> list[str]:
    """Name the hosts that train; none where this one has nothing to do.

    Raises:
        InputError: the framework trains on one host, and the job has several.
    """
    known = resources.read(folders.config)
    if len(known.hosts) == 1 or (hasattr(_cluster(), "joined") and not _first_host_alone()):
        return known.hosts
    if not _first_host_alone():
        why = getattr(_cluster(), "REFUSAL", "the model's code has no cluster.py")
        alone = f"{FIRST_HOST_ALONE}=true in the job's environment, so that the first host trains alone"
        raise InputError(f"the job has {len(known.hosts)} hosts: {why}", f"one instance, or {alone}")
    if distribution.is_sharded(folders):
        whole = "S3DistributionType FullyReplicated, or one instance"
        raise InputError("the first host would train alone, and has a part of the data (ShardedByS3Key)", whole)
    return known.hosts[:1] if known.is_leader else []


def launcher(folders: OptMl, hosts: list[str]) -> list[str]:
    """Give the command that starts the workers of this host; nothing where this process is the only one."""
    cluster = _cluster()
    if not hasattr(cluster, "launch"):
        return []
    known = resources.read(folders.config)
    return cluster.launch(hosts, hosts.index(known.current_host), known.network_interface_name)


def launched(folders: OptMl, hosts: list[str], command: list[str]) -> int:
    """Run the workers of this host by a launcher; give the exit code of the first that failed, or 0."""
    rank = hosts.index(resources.read(folders.config).current_host)
    workers: list[launching.Workers] = []

    def on_failure(cause: str, code: int) -> None:
        for one in workers:
            one.kill()
        _end(folders, cause, code)

    with _group(rank, hosts, OF_HOSTS, on_failure):
        workers.append(launching.Workers(command))
        code = workers[0].wait()
        if code not in (0, STOPPED) and not failure.exists(folders):
            failure.write(folders, f"a worker ended with exit code {code}; the log has the cause")
        if code:
            raise SystemExit(code)
    return 0


@contextmanager
def joined(folders: OptMl, stop: Stop) -> Iterator[JobRun]:
    """Give the run of this worker; where it fails, so do the others, and the other way round."""
    hosts = hosts_of_job(folders)
    if launching.is_worker():
        rank, names = launching.place(hosts)
    else:
        rank, names = hosts.index(resources.read(folders.config).current_host), hosts

    def on_failure(cause: str, code: int) -> None:
        _end(folders, cause, STOPPED if stop.requested else code)

    with _group(rank, names, OF_WORKERS, on_failure) as group:
        run = JobRun(folders.base / "checkpoints", stop, hosts, group, distribution.is_sharded(folders))
        if rank == 0 and find_spec(TRACKING):
            run.followers.append(import_module(TRACKING).Tracker.from_environment())
        succeeded = False
        try:
            yield run
            succeeded = True
        finally:
            run.finish(folders, succeeded)


@contextmanager
def _group(
    rank: int, names: Sequence[str], port: int, on_failure: Callable[[str, int], None]
) -> Iterator[Group | None]:
    """Join the others, if there are any, and leave in good order or tell them why not."""
    if len(names) == 1:
        yield None
        return
    group = Group(rank, list(names), port, on_failure)
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


def _end(folders: OptMl, cause: str, code: int) -> None:
    """End this process at once, for its main thread may wait for ever."""
    if code != STOPPED and not failure.exists(folders):
        failure.write(folders, cause)
    sys.stdout.flush()
    os._exit(code)


def _cluster() -> ModuleType | None:
    return models.code("cluster") if models.has("cluster") else None


def _first_host_alone() -> bool:
    return os.environ.get(FIRST_HOST_ALONE, "").lower() == "true"
