"""The figures as tables in Markdown."""

from collections.abc import Callable
from dataclasses import dataclass

from measuring import Figures
from sample import SIZES

INVALID = "invalid"


@dataclass(frozen=True)
class Target:
    """What our systems have to reach, as a ratio to another one's figure.

    Attributes:
        what: was measured, and the letter of the other system.
        other: name of the system to compare with.
        figure: takes it from all figures.
        least: smallest ratio that will do, by the kind of our system.
        most: largest ratio that will do.
    """

    what: str
    other: str
    figure: Callable[[Figures], float]
    least: dict[str, float] | None = None
    most: dict[str, float] | None = None

    def row(self, system, ours: Figures, other: Figures | None) -> str:
        """Give the row of one of our systems."""
        least, most = ((bounds or {}).get(system.kind) for bounds in (self.least, self.most))
        bound = f"≥ {least:g}" if least else f"≤ {most:g}" if most else ""
        if other is None or ours.problem or other.problem:
            cells = ["-", bound, "not measured" if bound else ""]
        else:
            ratio = self.figure(ours) / self.figure(other)
            is_reached = ratio >= least if least else ratio <= most if most else None
            cells = [f"{ratio:.2f}", bound, {True: "reached", False: "missed", None: ""}[is_reached]]
        return _row(system.title, self.what, *cells)


A, C = "nginx_gunicorn", "uvicorn_fastapi"
FASTER = {"native": 2.5, "onnx": 4.0}
HALF = {"native": 0.5, "onnx": 0.5}
TARGETS = (
    Target("requests/s, 1 row, to (a)", A, lambda figures: figures.rate(1), least=FASTER),
    Target("requests/s, 100 rows, to (a)", A, lambda figures: figures.rate(100), least=FASTER),
    Target("p99, 1 row, to (a)", A, lambda figures: figures.p99(1), most=HALF),
    Target("p99, 100 rows, to (a)", A, lambda figures: figures.p99(100), most=HALF),
    Target("seconds to healthy, to (a)", A, lambda figures: figures.ready, most={"onnx": 0.25}),
    Target("resident memory of a worker (RSS), to (c)", C, lambda figures: figures.memory.resident, most=HALF),
    Target("proportional memory of a worker (PSS), to (c)", C, lambda figures: figures.memory.proportional),
)


def table(measured: dict) -> str:
    """Give a row for each system."""
    head = ["", "workers"]
    for size in SIZES:
        rows = "1 row" if size == 1 else f"{size} rows"
        head += [f"{rows}: requests/s", "p99, ms"]
    head += ["healthy after, s", "predicts when healthy", "RSS, PSS of a worker, MB", "PSS in all, MB", "failed"]
    lines = [_row(*head), _row(*["---"] * len(head)).replace(" ", "")]
    lines += [_system(system, figures) for system, figures in measured.items()]
    return "\n".join(lines) + "\n"


def ratios(measured: dict) -> str:
    """Give a row for each of our systems that started, and each target."""
    head = ["", "ratio of", "ratio", "target", ""]
    by_name = {system.name: figures for system, figures in measured.items()}
    ours = [(system, figures) for system, figures in measured.items() if system.kind != "other" and figures.starts]
    if not ours:
        return ""
    lines = [_row(*head), _row(*["---"] * len(head)).replace(" ", "")]
    lines += [target.row(system, figures, by_name.get(target.other)) for system, figures in ours for target in TARGETS]
    return "\n".join(lines) + "\n"


def _system(system, figures: Figures) -> str:
    if not figures.memory:
        return _row(system.title, system.workers, figures.problem, *[""] * 8)
    cells = [system.title, system.workers]
    for size in SIZES:
        rates = [load.rate for load in figures.loads[size]]
        cells += [f"{figures.rate(size):.0f} ({min(rates):.0f} to {max(rates):.0f})", f"{figures.p99(size):.2f}"]
    starts = len(figures.starts)
    honest = ("yes" if not figures.lies else f"not in {figures.lies} of {starts}") if system.predicts else ""
    memory = figures.memory
    cells += [
        f"{figures.ready:.2f}",
        honest,
        f"{memory.resident:.0f}, {memory.proportional:.0f}",
        f"{memory.whole:.0f}",
    ]
    return _row(*cells, f"{figures.failed}: {INVALID}" if figures.problem else figures.failed)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
