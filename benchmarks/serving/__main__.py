"""Measure serving beside the stacks that one would write instead: `make bench-serve`.

The tables go to standard output, and into a file where --output names one. A missed target fails nothing; a system that
fails requests or gives wrong answers ends the run with exit code 1.
"""

import argparse
import os
import re
import shutil
import signal
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))  # what renders projects in the tests does so here

from environments import Unavailable
from machine import conditions
from measuring import CONNECTIONS, Failed, Figures, Plan, measure
from rendered import OURS, share
from sample import Sample
from soak import HEAD, soak
from systems import OTHERS
from table import ratios, table

SYSTEMS = (*OTHERS, *OURS)


def main() -> int:
    """Run all of it, and give the exit code."""
    options = arguments()
    if not shutil.which("wrk"):
        print("there is no wrk on this machine; on Debian and Ubuntu: apt-get install wrk", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what was started is ended
    load = os.getloadavg()[0]
    say("rendering and training the model that all of them serve")
    share()
    sample = Sample.read()
    chosen = [system for system in SYSTEMS if any(fnmatch(system.name, name) for name in options.only)]
    heading, run = ("## Newest long load", soaked) if options.soak else ("## Newest figures", compared)
    report, is_well = run(chosen, sample, options)
    report = f"{conditions(load)}; {report}"
    print(report)
    if options.output:
        write_section(options.output, heading, report)
    return 0 if is_well else 1


def compared(systems: list, sample: Sample, options: argparse.Namespace) -> tuple[str, bool]:
    """Measure each system in turn; give the tables, and whether all figures are valid."""
    plan = Plan(options.seconds, options.rounds)
    measured = {}
    for system in systems:
        say(f"preparing {system.title}")
        try:
            system.prepare()
            measured[system] = Figures()
        except Unavailable as reason:
            measured[system] = Figures(problem=f"left out: {reason}")
    is_well = True
    for system in [system for system, figures in measured.items() if not figures.problem]:
        say(f"measuring {system.title}")
        measured[system] = measure(system, sample, plan)
        is_well = is_well and not measured[system].problem
    how = (
        f"wrk with {CONNECTIONS} connections, medians of {plan.rounds} x {plan.seconds} s, with the least and the "
        f"greatest; medians of {plan.rounds} starts."
    )
    parts = [table(measured), ratios(measured), libraries(measured)]
    return "\n".join([f"{how}\n", *filter(None, parts)]), is_well


def libraries(measured: dict) -> str:
    """Name the versions of what ran, a line for each system."""
    started = [system for system, figures in measured.items() if figures.starts]
    named = [(system.title, system.versions().items()) for system in started]
    return "".join(f"- {title}: {', '.join(f'{name} {is_}' for name, is_ in held)}\n" for title, held in named)


def soaked(systems: list, sample: Sample, options: argparse.Namespace) -> tuple[str, bool]:
    """Put our systems under a long load, one after the other; give the table, and whether all of it is valid."""
    lines, is_well = [], True
    warm_up, seconds = (5, 15) if options.quick else (20, 300)
    for system in systems:
        if system.kind == "other":
            continue
        say(f"a long load on {system.title}")
        try:
            system.prepare()
            line, was_well = soak(system, sample, warm_up, seconds)
        except (Unavailable, Failed) as reason:
            line, was_well = f"| {system.title} | {reason} | | | | |", isinstance(reason, Unavailable)
        lines.append(f"{line}\n")
        is_well = is_well and was_well
    how = f"wrk with {CONNECTIONS} connections, {seconds} s after a warm-up of {warm_up} s."
    return f"{how}\n\n{HEAD}{''.join(lines)}", is_well


def write_section(file: Path, heading: str, report: str) -> None:
    """Write a section into a file in Markdown, in place of the one with the same heading."""
    sections = re.split(r"^(?=## )", file.read_text("utf-8") if file.exists() else "", flags=re.MULTILINE)
    section = f"{heading}\n\n{report}"
    places = [index for index, text in enumerate(sections) if text.startswith(f"{heading}\n")]
    if places:
        sections[places[0]] = section + ("\n" if sections[places[0] + 1 :] else "")
    else:
        sections.append(f"\n{section}" if sections[0] else section)
    file.write_text("".join(sections), "utf-8")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench-serve", description=__doc__.partition("\n")[0])
    names = ", ".join(system.name for system in SYSTEMS)
    parser.add_argument("--only", metavar="NAME[,NAME]", default="*", help=f"these alone, such as ours*: {names}")
    parser.add_argument("--seconds", type=int, help="of each load (10)")
    parser.add_argument("--rounds", type=int, help="loads and starts that a median is taken of (3)")
    parser.add_argument("--quick", action="store_true", help="one start and one load of 3 s")
    parser.add_argument("--soak", action="store_true", help="memory of ours under five minutes of load, instead")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the tables there, too, as a section in Markdown"
    )
    options = parser.parse_args()
    options.seconds = options.seconds or (3 if options.quick else 10)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.only = options.only.split(",")
    for name in options.only:
        if not any(fnmatch(system.name, name) for system in SYSTEMS):
            parser.error(f"--only has {name!r}; accepted: {names}")
    return options


def say(what: str) -> None:
    """Show how far the run is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
