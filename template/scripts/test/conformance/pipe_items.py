"""Items 33 and 34: Pipe mode."""

from .bench import PATIENCE, Bench, TrainingRun
from .given import Layout
from .items import Failed, demand, item
from .pipes import Channel, piped

LATE, LATEST = 5, 60  # seconds, of which the job decides: it is to have looked for its data, and to wait


@item(33, "Pipe mode: each channel's files in a FIFO an epoch", "training")
def epochs(bench: Bench) -> str:
    """Pipe mode's FIFOs are read in their order, from epoch 0 on, and each is closed before the next is opened."""
    run, channels = _train(bench, fifos=2)
    faults = [fault for channel in channels for fault in channel.faults]
    demand(not faults, faults[0] if faults else "")
    demand(run.exit_code == 0, run.seen)
    demand(run.model, "exit code 0, and nothing in /opt/ml/model")
    seen = ", ".join(name for channel in channels for name in channel.read[:2])
    demand(any(len(channel.read) > 1 for channel in channels), f"no more is read than {seen or 'nothing'}")
    return f"{seen} read to their ends, one after the other; {run.seen}"


@item(34, f"Pipe mode: FIFOs that appear {LATE} s late", "training")
def late_fifo(bench: Bench) -> str:
    """A FIFO that is not there yet is waited for."""
    run, channels = _train(bench, late=True)
    demand(run.exit_code == 0, run.seen)
    demand(run.model, "exit code 0, and nothing in /opt/ml/model")
    demand(any(channel.read for channel in channels), "exit code 0, and no FIFO is read")
    return f"waited for, {run.seen}"


def _train(bench: Bench, fifos: int = 0, late: bool = False) -> tuple[TrainingRun, list[Channel]]:
    with (
        bench.training_job(layout=Layout(pipe=True, fifos=fifos)) as (container, base),
        piped(bench.given, base / "input" / "data", late) as channels,
    ):
        if late:
            container.wait_until_idle(LATE, LATEST)
            for channel in channels:
                channel.appear.set()
        try:
            container.wait(PATIENCE)
        except Failed as failed:
            read = ", ".join(name for channel in channels for name in channel.read)
            raise Failed(f"{failed}; read to their ends: {read or 'nothing'}") from None
        return bench.outcome(container, base), channels
