"""What a copy spends its time on: `python shares.py ARGUMENTS OF COPIER`.

Prints a JSON object of seconds of the processor by what they went into, those of git included; each second stands in
one place.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage


def used() -> float:
    """Give the seconds of the processor that this process and the programs it started have used so far."""
    usages = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


started = used()

import copier._main as main  # noqa: E402 - importing it is part of what is measured
from copier._cli import CopierApp  # noqa: E402
from copier._jinja_ext import SandboxedEnvironment  # noqa: E402
from copier._template import Template  # noqa: E402

seconds: dict[str, float] = {"importing Copier": used() - started}
within: list[float] = []  # of each call under way, what calls inside it took

WATCHED = {
    "compiling names with Jinja": (SandboxedEnvironment, "compile"),
    "gathering the variables for each name": (main.Worker, "_render_context"),
    "asking git about each file": (main.Worker, "_sync_git_index_executable_bit"),
    "walking the tree, matching paths": (main.Worker, "_render_template"),
    "rendering and writing files": (main.Worker, "_render_file"),
    "answering the questions": (main.Worker, "_ask"),
    "cloning, and deleting the clone": (Template, "_cleanup"),
}


def watch(what: str, owner: type, name: str) -> None:
    """Put a stopwatch around a method."""
    method = getattr(owner, name)

    @wraps(method)
    def watched(*arguments: object, **named: object) -> object:
        return timed(what, lambda: method(*arguments, **named))

    setattr(owner, name, watched)


def timed(what: str, call: Callable) -> object:
    """Call, and count its seconds less those of watched calls inside it."""
    start = used()
    within.append(0.0)
    try:
        return call()
    finally:
        taken = used() - start
        seconds[what] = seconds.get(what, 0.0) + taken - within.pop()
        if within:
            within[-1] += taken


for what, (owner, name) in WATCHED.items():
    watch(what, owner, name)
clone = Template.local_abspath.func
Template.local_abspath.func = lambda template: timed("cloning, and deleting the clone", lambda: clone(template))
with suppress(SystemExit):
    timed("the rest", lambda: CopierApp.run(["copier", *sys.argv[1:]]))
print(json.dumps(seconds))
