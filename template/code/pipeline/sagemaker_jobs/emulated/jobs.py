"""The operations on jobs: each runs in a thread of its own, and its description is kept in a file."""

import atexit
import os
import traceback
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from utils.config_reader import ConfigError

from ..backends import Stored
from . import locks, servers, transform
from .client import Answer, Operations
from .containers import Way, end_left
from .data import Unusable
from .job import Job
from .records import Record, Records, Refused

KINDS = {
    "training_job": "TrainingJob",
    "processing_job": "ProcessingJob",
    "transform_job": "TransformJob",
    "hyper_parameter_tuning_job": "HyperParameterTuningJob",
}


class Jobs:
    """The jobs of this machine; those under way are this pipeline's own.

    Args:
        records: keep the descriptions.
        stored: what the jobs read and write.
        way: how their containers run.
    """

    def __init__(self, records: Records, stored: Stored, way: Way) -> None:
        self._records, self._stored, self._way = records, stored, way
        self._under_way: dict[tuple[str, str], tuple[Job, Thread]] = {}
        atexit.register(self.close)

    def operations(self) -> Operations:
        """Give the operations that are answered; tuning jobs are started elsewhere."""
        return {
            "create_training_job": self.train,
            "create_processing_job": self._process,
            "create_transform_job": self._transform,
            **{f"describe_{noun}": partial(self._describe, kind) for noun, kind in KINDS.items()},
            **{f"stop_{noun}": partial(self._stop, kind) for noun, kind in KINDS.items()},
            **{f"list_{noun}s": partial(self._list, kind) for noun, kind in KINDS.items()},
        }

    def check_training(self, request: dict[str, Any]) -> None:
        """See that this machine can run a training job; see `Way.check`."""
        image = request["AlgorithmSpecification"]["TrainingImage"]
        self._way.check(image, request["ResourceConfig"].get("InstanceCount", 1))

    def train(self, **request: Any) -> Answer:
        """Start a training job."""
        from . import training  # a project that only serves has none

        self.check_training(request)
        return self.start("TrainingJob", request, training.run, SecondaryStatus="Starting")

    def start(self, kind: str, request: dict[str, Any], work: Callable[[Job], str], **fields: Any) -> Answer:
        """Start a job.

        Args:
            kind: such as TrainingJob.
            request: SageMaker's.
            work: does it, and gives the cause where it fails.
            fields: of its first description.

        Raises:
            Refused: there is one of that name.
        """
        job = Job(kind, request, self._records, self._stored, self._way)
        with self._records.lock():
            answer = self._records.create(kind, request, **{f"{kind}Status": "InProgress"}, **fields)
            lock = locks.hold(job.folder / "lock")
        thread = Thread(target=_run, args=(job, work, lock), daemon=True)
        self._under_way[kind, job.name] = job, thread
        thread.start()
        return answer

    def describe(self, kind: str, name: str) -> Answer:
        """Describe a job; one whose pipeline was killed has failed, and what is left of it is ended."""
        described = self._records.read(kind, name)
        if described[f"{kind}Status"] == "InProgress" and not self._is_running(kind, name):
            described = self._looked_after(kind, name)
        return {key: value for key, value in described.items() if key != "Tags"}

    def has_ended(self, name: str, seconds: float) -> bool:
        """Wait so long at most for the end of a training job under way; tell whether it came."""
        thread = self._under_way["TrainingJob", name][1]
        thread.join(seconds)
        return not thread.is_alive()

    def end(self, name: str) -> None:
        """Have a training job under way stopped."""
        self._under_way["TrainingJob", name][0].stop()

    def close(self) -> None:
        """Stop what is under way, and wait for its end."""
        under_way = list(self._under_way.values())
        for job, _ in under_way:
            job.stop()
        for _, thread in under_way:
            thread.join()
        atexit.unregister(self.close)

    def _is_running(self, kind: str, name: str) -> bool:
        return locks.is_held(self._records.folder(kind, name) / "lock")

    def _looked_after(self, kind: str, name: str) -> Record:
        with self._records.lock():  # it may have begun or ended meanwhile
            is_running, record = self._is_running(kind, name), self._records.read(kind, name)
            if is_running or record[f"{kind}Status"] != "InProgress":
                return record
            for lock in self._records.folder(kind, name).glob("*.lock"):
                end_left(lock)
                self._way.remove(f"{name}-{lock.stem}")
            failed = {f"{kind}Status": "Failed", "FailureReason": "the pipeline that ran the job was killed"}
            return self._records.update(kind, name, **failed)

    def _process(self, **request: Any) -> Answer:
        from . import processing

        hosts = request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
        self._way.check(request["AppSpecification"]["ImageUri"], hosts)
        return self.start("ProcessingJob", request, processing.run)

    def _transform(self, **request: Any) -> Answer:
        model = self._records.read("Model", request["ModelName"])
        self._way.check(servers.definition(model)["Image"])  # of whatever instance count: one server does it
        return self.start("TransformJob", request, partial(transform.run, model))

    def _describe(self, kind: str, **named: str) -> Answer:
        return self.describe(kind, named[f"{kind}Name"])

    def _list(self, kind: str, StatusEquals: str = "", NameContains: str = "", **_: Any) -> Answer:
        """List all at once, by name."""
        names = [record[f"{kind}Name"] for record in self._records.all(kind)]
        described = [self.describe(kind, name) for name in names if NameContains in name]
        keys = (f"{kind}Name", f"{kind}Arn", "CreationTime", f"{kind}Status")
        wanted = [one for one in described if StatusEquals in ("", one[f"{kind}Status"])]
        return {f"{kind}Summaries": [{key: one[key] for key in keys} for one in wanted]}

    def _stop(self, kind: str, **named: str) -> Answer:
        name = named[f"{kind}Name"]
        status = self.describe(kind, name)[f"{kind}Status"]
        if status != "InProgress":
            raise Refused(f"The request was rejected because {name} is in status {status}.")
        if (kind, name) not in self._under_way:
            raise Refused(f"The request was rejected because another pipeline on this machine runs {name}.")
        self._under_way[kind, name][0].stop()
        return {}


def _run(job: Job, work: Callable[[Job], str], lock: int) -> None:
    try:
        job.finish(_failure(job, work))
    finally:
        os.close(lock)


def _failure(job: Job, work: Callable[[Job], str]) -> str:
    try:
        failure = work(job)
    except (ConfigError, Unusable) as error:
        failure = f"ClientError: {error}"
    except Exception as error:  # what could not be stored is not lost: the job's folders stay
        job.say(traceback.format_exc())
        return f"InternalServerError: {type(error).__name__}: {error}"
    job.clear()
    return failure
