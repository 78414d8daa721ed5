"""Memory under a long load, of one system."""

from measuring import Figures, healthy, wrk
from processes import memory, pids, settle
from sample import SIZES, Sample

SEGMENTS = 5
MOST = 0.02  # growth of memory


def soak(system, sample: Sample, warm_up: int, seconds: int) -> tuple[str, bool]:
    """Put a system under load, bodies of one and of a hundred rows in turn; give a row of the table, and if it is well.

    Memory is the PSS of all its processes, after the warm-up and after each fifth of the load.
    """
    figures = Figures()
    with healthy(system, sample, figures) as (process, port):
        settle(process)
        failed = wrk(port, warm_up, *SIZES).failed
        before, held = pids(process), [memory(process, system.workers).whole]
        rates = []
        for _ in range(SEGMENTS):
            load = wrk(port, seconds // SEGMENTS, *SIZES)
            failed += load.failed
            rates.append(load.rate)
            held.append(memory(process, system.workers).whole)
        replaced = len(before - pids(process))
    growth = held[-1] / held[0] - 1
    verdict = "reached" if growth < MOST else "missed"
    if failed or replaced:
        verdict = f"invalid: {failed} requests failed, {replaced} processes were replaced"
    course = " → ".join(f"{size:.1f}" for size in held)
    rate = sum(rates) / len(rates)
    return f"| {system.title} | {rate:.0f} | {course} MB | {growth:+.2%} | < {MOST:.0%} | {verdict} |", not (
        failed or replaced
    )


HEAD = "| | requests/s | memory of all processes | growth | target | |\n|---|---|---|---|---|---|\n"
