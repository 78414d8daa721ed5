"""Measure a copy of the default project and an update of it: `make bench-copier`.

The figures go to standard output and into docs/copier-speed.md. A missed target is reported and fails nothing.
"""

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from counting import counts
from measuring import ROUNDS, Times, copies, run, starts, updates
from templates import ROOT, ByMake, Template, cookie, files_of, ours, plain

REPORT = ROOT / "docs" / "copier-speed.md"
NEWEST = "## Newest figures\n"
COPIER = Path(sys.executable).with_name("copier")
TARGETS = {"copy": 0.9, "update": 2.0}  # seconds, on a quiet machine
MANY = 100  # of what a synthetic template has more than another
VALUE = 'value_{}:\n  type: bool\n  when: false\n  default: "{{{{ true }}}}"\n'
PATTERN = "  - \"{{% if _copier_operation == 'update' %}}/folder_{}/*/file.py{{% endif %}}\"\n"


def main() -> int:
    """Run all of it, and give the exit code."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        try:
            report = measure(folder, load)
        except (RuntimeError, subprocess.SubprocessError) as error:
            print(f"The benchmark stopped: {error}", file=sys.stderr)
            return 1
    print(report)
    REPORT.write_text(REPORT.read_text("utf-8").partition(NEWEST)[0] + NEWEST + "\n" + report, "utf-8")
    return 0


def measure(folder: Path, load: float) -> str:
    """Make the templates, measure them, and give the report."""
    template = ours(folder / "ours", COPIER)
    run(template.copy(folder / "project"))
    files = files_of(folder / "project")
    compared = {
        "one file": plain(folder / "one", COPIER, {"README.md": b"# A project\n"}),
        f"the same {len(files)} files, without Jinja or questions": plain(folder / "plain", COPIER, files),
        "ours": template,
    }
    public = cookie(folder / "cookie")
    if public:
        compared["Scientific Python's guide, its files and its Python extension"] = public
    started = starts(COPIER)
    by_make = {"ours, by `make update` without the project's tests": ByMake(**vars(template))}
    tables = [
        table("copy", copies(compared), started),
        table("update", updates(compared | by_make), started),
        shares(template, folder),
        counts(template, folder, files),
        costs(folder, files),
    ]
    return "\n".join([conditions(load), *tables])


def table(kind: str, figures: dict[str, Times], started: Times) -> str:
    """Compare copies, or updates, with Copier's own start and with ours."""
    clock, processor = median(figures["ours"].clock), median(figures["ours"].processor)
    verdict = f"{kind}: {clock:.2f} s, target {TARGETS[kind]:.1f} s: {'met' if clock <= TARGETS[kind] else 'missed'}"
    lines = [f"| {kind} | clock, s | processor, s | ours to it, processor |", "|---|---|---|---|"]
    for name, times in {"`copier --version`": started, **figures}.items():
        lines.append(f"| {name} | {times} | {processor / median(times.processor):.2f} |")
    return "\n".join(["", verdict, "", *lines])


def shares(template: Template, folder: Path) -> str:
    """Say what one copy of ours spends its time on."""
    _, *arguments = template.copy(folder / "shares")
    python = template.copier.with_name("python")
    command = [python, Path(__file__).with_name("shares.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])
    total = sum(seconds.values())
    lines = ["| one copy of ours | processor, s | % |", "|---|---|---|"]
    for what, taken in sorted(seconds.items(), key=lambda item: -item[1]):
        lines.append(f"| {what} | {taken:.2f} | {100 * taken / total:.0f} |")
    return "\n".join(["", *lines])


def costs(folder: Path, files: dict[str, bytes]) -> str:
    """Say what one more of everything costs, by templates that differ in nothing else."""
    flat = {f"file_{number:03}.txt": b"A line.\n" for number in range(MANY)}
    more = flat | {f"more_{name}": text for name, text in flat.items()}
    deep = {f"one/two/three/four/{name}": text for name, text in flat.items()}
    templated = {f"{name}.jinja": b"{{ _folder_name }}\n" for name in flat}
    conditional = {f"{{% if true %}}{name}{{% endif %}}": text for name, text in flat.items()}
    values = "".join(VALUE.format(number) for number in range(MANY))
    patterns = "_exclude:\n" + "".join(PATTERN.format(number) for number in range(MANY))
    made = {
        "flat": plain(folder / "flat", COPIER, flat),
        "all": plain(folder / "all", COPIER, files),
        "a file": plain(folder / "more", COPIER, more),
        "a folder in a file's path": plain(folder / "deep", COPIER, deep),
        "a file's being rendered": plain(folder / "templated", COPIER, templated),
        "a condition in a file's name": plain(folder / "conditional", COPIER, conditional),
        f"a computed value, in a project of {len(files)} files": plain(folder / "values", COPIER, files, values),
        f"an entry of `_exclude`, in a project of {len(files)} files": plain(
            folder / "patterns", COPIER, files, patterns
        ),
    }
    taken = {name: median(times.processor) for name, times in copies(made).items()}
    lines = ["| a copy pays for | processor, ms |", "|---|---|"]
    for name in list(made)[2:]:
        base = "all" if "project of" in name else "flat"
        count = 4 * MANY if name.startswith("a folder") else MANY
        lines.append(f"| {name} | {1000 * (taken[name] - taken[base]) / count:.2f} |")
    return "\n".join(["", *lines, ""])


def conditions(load: float) -> str:
    """Name the machine and what measured on it."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    told = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        for command in ([COPIER, "--version"], ["git", "--version"], [COPIER.with_name("python"), "--version"])
    ]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, load average "
        f"{load:.1f} at the start and {os.getloadavg()[0]:.1f} at the end, {', '.join(told)}; medians of {ROUNDS}."
    )


if __name__ == "__main__":
    sys.exit(main())
