"""Measure the memory and the time of reading a channel: `make bench-reading`.

The figures go to standard output and into README.md. A reading that grows beyond twice the matrix ends the run with
exit code 1, and so does one that gives other numbers.
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # what renders projects in the tests does so here

from projects import Project

HERE = Path(__file__).parent
README = HERE / "README.md"
NEWEST = "## Newest figures\n"
ROWS, COLUMNS = 400_000, 30
MOST = 2.0  # matrices that the peak may grow by
FILES = [f"data.{kind}{packed}" for kind in ("csv", "jsonl", "libsvm", "parquet") for packed in ("", ".gz")]
CASES = [
    *[("File", name, "template") for name in FILES],
    *[("Pipe", name, "template") for name in FILES if "parquet" not in name],
    *[("File", name, "naive") for name in ("data.csv", "data.jsonl")],
]


def main() -> int:
    """Run all of it, and give the exit code."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        project = Project(folder / "project", {"project_name": "reading"})
        project.run("scripts/test/local.sh", "--version")  # which makes the environment
        (folder / "data").mkdir()
        run(project, "write.py", folder / "data", ROWS, COLUMNS)
        figures = {case: measure(project, folder / "data", *case) for case in CASES}
    report = table(figures, load)
    print(report)
    README.write_text(README.read_text("utf-8").partition(NEWEST)[0] + NEWEST + "\n" + report, "utf-8")
    same = len({figure["sum"] for figure in figures.values()}) == 1
    small = all(
        figure["growth"] < MOST * figure["matrix"] for (*_, way), figure in figures.items() if way == "template"
    )
    return 0 if same and small else 1


def run(project: Project, script: str, *arguments: object, **environment: str) -> str:
    """Run a script beside this one with the project's own Python and code."""
    python = project.folder / "code" / "container" / "tumour" / ".venv" / "bin" / "python"
    environment["PYTHONPATH"] = str(project.folder / "code" / "container")
    return project.run(str(python), str(HERE / script), *map(str, arguments), **environment).stdout


def measure(project: Project, data: Path, mode: str, name: str, way: str) -> dict[str, float]:
    """Read one file in a process of its own."""
    with tempfile.TemporaryDirectory(dir=data.parent) as base, ThreadPoolExecutor() as pool:
        channels = Path(base) / "input" / "data"
        channels.mkdir(parents=True)
        (Path(base) / "input" / "config").mkdir()
        described = {"TrainingInputMode": mode, "ContentType": "text/libsvm" if "libsvm" in name else None}
        (Path(base) / "input" / "config" / "inputdataconfig.json").write_text(json.dumps({"training": described}))
        if mode == "File":
            (channels / "training").mkdir()
            (channels / "training" / name).hardlink_to(data / name)
        else:
            for epoch in ("0", "1"):
                os.mkfifo(channels / f"training_{epoch}")
                pool.submit(feed, data / name, channels / f"training_{epoch}")
        return json.loads(run(project, "read.py", way, SAGEMAKER_BASE_DIR=base))


def feed(file: Path, fifo: Path) -> None:
    """Write a file into a FIFO, as SageMaker does."""
    with file.open("rb") as source, fifo.open("wb") as sink:
        copyfileobj(source, sink)


def table(figures: dict[tuple[str, str, str], dict[str, float]], load: float) -> str:
    """Give the report in Markdown."""
    matrix = next(iter(figures.values()))["matrix"]
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, load average {load:.1f} at the start, "
        f"{ROWS} rows of {COLUMNS} columns: the matrix holds {matrix:.0f} MiB.\n",
        "| mode | file | read by | peak growth | over the matrix | seconds |",
        "|---|---|---|---|---|---|",
    ]
    for (mode, name, way), figure in figures.items():
        share = figure["growth"] / figure["matrix"]
        cells = [mode, name, way, f"{figure['growth']:.0f} MiB", f"{share:.2f}", f"{figure['seconds']:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
