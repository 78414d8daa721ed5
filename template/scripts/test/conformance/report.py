"""The verdicts, as a table and as JUnit XML."""

import shutil
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from .bench import Bench
from .items import Failed, Item, NotApplicable

State = Literal["pass", "fail", "not applicable"]


@dataclass(frozen=True)
class Verdict:
    """What was seen of an item, and what follows from it."""

    item: Item
    state: State
    seen: str
    seconds: float


def judge(item: Item, bench: Bench) -> Verdict:
    """Judge an item; whatever keeps it from being seen is a failure."""
    start = time.monotonic()
    state: State = "pass"
    try:
        _applies(item, bench)
        seen = item.judge(bench)
    except NotApplicable as reason:
        state, seen = "not applicable", str(reason)
    except (Failed, OSError) as error:
        state, seen = "fail", str(error) or type(error).__name__
    return Verdict(item, state, " ".join(seen.split()), time.monotonic() - start)


def _applies(item: Item, bench: Bench) -> None:
    if item.part == "training" and not bench.trains:
        raise NotApplicable("the image does not train")
    if item.part == "serving" and not bench.serves:
        raise NotApplicable("the image does not serve")
    if item.part == "processing" and not bench.processing:
        raise NotApplicable("no processing job of the image is known; --processing gives its command")


def print_table(image: str, verdicts: list[Verdict], left_out: str) -> None:
    """Print a row an item, wrapped to the width of the terminal."""
    width = max(80, min(shutil.get_terminal_size((140, 24)).columns, 160))
    done_width = (width - 24) * 2 // 5
    seen_width = width - 24 - done_width
    print(f"{image}\n")
    print(f"{'item':>4}  {'verdict':14}  {'what was done':{done_width}}  what was seen")
    for verdict in verdicts:
        done = textwrap.wrap(verdict.item.done, done_width)
        seen = textwrap.wrap(verdict.seen, seen_width) or [""]
        for line in range(max(len(done), len(seen))):
            number = verdict.item.number if line == 0 else ""
            state = verdict.state if line == 0 else ""
            left = done[line] if line < len(done) else ""
            right = seen[line] if line < len(seen) else ""
            print(f"{number:>4}  {state:14}  {left:{done_width}}  {right}".rstrip())
    counts = {
        state: sum(verdict.state == state for verdict in verdicts) for state in ("pass", "fail", "not applicable")
    }
    print(f"\n{counts['pass']} passed, {counts['fail']} failed, {counts['not applicable']} not applicable")
    print(f"Not judged by this release: {left_out}")


def write_junit(path: Path, image: str, verdicts: list[Verdict]) -> None:
    """Write a test case an item, as JUnit's XML has it."""
    failures = sum(verdict.state == "fail" for verdict in verdicts)
    skipped = sum(verdict.state == "not applicable" for verdict in verdicts)
    suite = ElementTree.Element(
        "testsuite", name=image, tests=str(len(verdicts)), failures=str(failures), skipped=str(skipped), errors="0"
    )
    for verdict in verdicts:
        name = f"{verdict.item.number} {verdict.item.demand}"
        case = ElementTree.SubElement(suite, "testcase", classname="contract", name=name, time=f"{verdict.seconds:.3f}")
        if verdict.state == "fail":
            ElementTree.SubElement(case, "failure", message=_printable(verdict.seen))
        elif verdict.state == "not applicable":
            ElementTree.SubElement(case, "skipped", message=_printable(verdict.seen))
        else:
            ElementTree.SubElement(case, "system-out").text = _printable(verdict.seen)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable())
