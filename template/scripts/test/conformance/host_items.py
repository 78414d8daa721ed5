"""Items 35 and 36: a training job on two hosts, which are two containers on a network of their own."""

import re
import time
from contextlib import ExitStack

from .bench import PATIENCE, Bench, TrainingRun
from .containers import Container, network
from .given import Layout
from .items import Failed, demand, item

HOSTS = ("algo-1", "algo-2")
LATE, LATEST = 5, 60  # seconds, of which the other host decides: it is to have looked for this one, and to wait
ALONE = 60  # seconds that a host may run on once the other one has failed
# A name that does not resolve yet is answered at once, as by SageMaker's name server.
QUICK = ("--dns-opt=timeout:1", "--dns-opt=attempts:1")
REFUSAL = re.compile(
    r"\b(one|two|several|multiple|many|single|more than|distribut\w*|[12])\b.*\b(hosts?|instances?|machines?)\b"
    r"|\b(hosts?|instances?|machines?)\b.*\b(one|two|several|multiple|many|single|more than|distribut\w*|[12])\b",
    re.IGNORECASE | re.DOTALL,
)


@item(35, "two hosts with the same data", "training")
def two_hosts(bench: Bench) -> str:
    """Of two hosts the first alone writes the model; or both refuse to train, and say why."""
    try:
        runs = bench.once(late_first_host)
        refusal = _both_end_well(runs)
    except Failed:  # what is wrong may be item 36's alone
        runs = _train(bench)
        refusal = _both_end_well(runs)
    if refusal:
        return refusal
    first, second = runs
    demand(first.model, f"{HOSTS[0]} leaves nothing in /opt/ml/model")
    demand(not second.model, f"{HOSTS[1]} leaves a model too: {', '.join(second.model)[:100]}")
    return f"both end with 0, {HOSTS[0]} alone leaves a model: {', '.join(first.model)[:60]}"


@item(36, f"two hosts, the first of which has no name until {LATE} s later", "training")
def late_name(bench: Bench) -> str:
    """A host name that does not resolve yet is tried again; or both hosts refuse to train, and say why."""
    return _both_end_well(bench.once(late_first_host)) or "both end with 0"


def late_first_host(bench: Bench) -> list[TrainingRun]:
    """Train on two hosts, of which the second looks in vain for the first for some seconds."""
    return _train(bench, late=True)


def _train(bench: Bench, late: bool = False) -> list[TrainingRun]:
    """Run a job on all hosts to its end; the first host, which the others must find, is started first or late."""
    with network() as name, ExitStack() as stack:
        jobs = {}
        for host in reversed(HOSTS) if late else HOSTS:
            if late and jobs:
                jobs[HOSTS[-1]][0].wait_until_idle(LATE, LATEST)
            options = (f"--network={name}", f"--network-alias={host}", f"--hostname={host}", *QUICK)
            jobs[host] = stack.enter_context(bench.training_job(*options, layout=Layout(hosts=HOSTS, host=host)))
        _wait_for_all({host: container for host, (container, _) in jobs.items()})
        return [bench.outcome(*jobs[host]) for host in HOSTS]


def _wait_for_all(containers: dict[str, Container]) -> None:
    """Wait until all hosts have ended; no longer than a minute for the other one where one has failed."""
    end = time.monotonic() + PATIENCE
    failed = ""
    while running := [host for host, container in containers.items() if container.is_running]:
        ended = [host for host in containers if host not in running]
        if not failed and any(containers[host].wait(1) for host in ended):
            failed = f", {ended[0]} has failed: {containers[ended[0]].last_line()}"
            end = min(end, time.monotonic() + ALONE)
        if time.monotonic() > end:
            raise Failed(f"{running[0]} still runs{failed}")
        time.sleep(0.1)


def _both_end_well(runs: list[TrainingRun]) -> str:
    """Demand that both hosts end with 0; give the reason where both refuse instead.

    The reason is the same on both hosts, as it does not depend on the other one; a host may quote the other.
    """
    reason, other = sorted((" ".join((run.failure or "").split()) for run in runs), key=len)
    if all(run.exit_code for run in runs) and reason in other and REFUSAL.search(reason):
        return f"refused: {reason[:150]}"
    seen = "; ".join(f"{host}: {run.seen}" for host, run in zip(HOSTS, runs, strict=True))
    demand(not any(run.exit_code for run in runs), seen)
    return ""
