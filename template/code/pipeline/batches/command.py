"""The command line of the batches: one, or several in their order."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from sagemaker_jobs import asking, backends, ceiling, results, runs
from sagemaker_jobs.backends import Backend
from sagemaker_jobs.following import Follower, JobFailed, JobGoesOn
from sagemaker_jobs.settings import Config
from utils import config_reader
from utils.config_reader import ConfigError

from . import BY_DEFAULT, CLEANUP, DEPLOYMENT, NAMES, variants
from .context import Context
from .steps import take

SECONDS_BETWEEN_LOOKS = {"sagemaker": 10.0}
ON_THIS_MACHINE = 0.2  # seconds between two looks at its jobs
IN_A_LOG = 160  # columns, so that tables need not fold names there
INTERRUPTED = 130
READER_GONE = 141  # as the shell has it of a program that SIGPIPE ended


def main(arguments: Sequence[str] | None = None, batch: str = "") -> int:
    """Run the batches that the command line names, or the one whose command this is.

    Returns:
        0 where all completed; 1 where one failed, or goes on without this command; 2 where the configuration or the
        command is wrong, or AWS refuses; 130 on Ctrl-C.
    """
    options = parser(batch).parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what runs here for it is ended
    console = Console(stderr=options.dry_run and not _only_looks(options))  # requests alone on standard output
    if not console.is_terminal:
        console.width = IN_A_LOG
    try:
        return _run(options, console)
    except BrokenPipeError:
        return reader_gone()
    except (ConfigError, JobFailed, JobGoesOn, OSError) as error:
        Console(stderr=True, soft_wrap=True).print(str(error), markup=False, highlight=False)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return INTERRUPTED


def reader_gone() -> int:
    """Be quiet at the end too, where who reads has read enough, as `head` does; give the exit code."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


def parser(batch: str = "") -> argparse.ArgumentParser:
    """Give what reads the command line, that of one batch or of them all."""
    parser = argparse.ArgumentParser(prog=f"python -m batches{batch and f'.{batch}'}", allow_abbrev=False)
    parser.set_defaults(yes=False, all=False)
    if batch:
        parser.set_defaults(batches=[batch])
    else:
        names = f"of {', '.join(NAMES)}; by default {', '.join(BY_DEFAULT)}"
        parser.add_argument("batches", nargs="*", default=list(BY_DEFAULT), metavar="BATCH", help=names)
    default = config_reader.folder_of_environments() / "dev.yml"
    parser.add_argument("--config", type=Path, default=default, help="an environment's file in configs/")
    parser.add_argument("--backend", choices=backends.NAMES, default="process", help="what runs the jobs")
    parser.add_argument("--run", default="", help="the run to work in; by default a new one, or else the newest")
    parser.add_argument("--resume", action="store_true", help="leave out the batches that the run has completed")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as training.spot=true")
    parser.add_argument(
        "--vary", action="append", default=[], metavar="KEY=A,B", help="do it for each value, and compare the trainings"
    )
    parser.add_argument("--parallel", type=int, default=2, help="with --vary: how many at a time (2)")
    dry = "print each request as JSON, and send none; of cleanup alone: show what runs, and delete nothing"
    parser.add_argument("--dry-run", action="store_true", help=dry)
    if DEPLOYMENT in NAMES:  # else there are no endpoints to delete
        parser.add_argument("--yes", action="store_true", help="cleanup: delete without asking")
        parser.add_argument("--all", action="store_true", help="cleanup: delete endpoints that have not expired, too")
    return parser


def configured(options: argparse.Namespace) -> Config:
    """Read the configuration.

    Raises:
        ConfigError: it is wrong or above the ceiling, or a batch is unknown.
    """
    if unknown := [name for name in options.batches if name not in NAMES]:
        raise ConfigError(f"batch {unknown[0]!r} is unknown; accepted: {', '.join(NAMES)}")
    if options.resume and options.dry_run:
        accepted = "--dry-run alone, which looks at no run and prints all requests"
        raise ConfigError(f"--resume is given with --dry-run; accepted: {accepted}")
    config = config_reader.read(options.config, pairs("--set", options.set))
    ceiling.check(config, options.batches)
    return config


def _run(options: argparse.Namespace, console: Console) -> int:
    config = configured(options)
    backend = _backend(options, config)
    try:
        run = _chosen(options, config, backend)
        if options.vary:
            return variants.run_all(options, pairs("--set", options.set), run, backend, console)
        seconds = 0.0 if options.dry_run else SECONDS_BETWEEN_LOOKS.get(backend.name, ON_THIS_MACHINE)
        asks = asking.is_possible(console) and backend.name == "sagemaker"  # elsewhere a job ends with its pipeline
        follower = Follower(backend, console, seconds, asks, run.name)
        return _in_order(options, Context(config, run, backend, follower, console, options.yes), console)
    finally:
        backend.close()


def _in_order(options: argparse.Namespace, context: Context, console: Console) -> int:
    """Take one batch after the other up to the first that fails; show what the run has come to."""
    context.resumes, context.deletes_all, context.is_dry = options.resume, options.all, options.dry_run
    try:
        for batch in options.batches:
            done = context.run.step(batch) if options.resume else None
            if done and done.status == "Completed":
                console.print(f"{batch}: done before, in run {context.run.name}")
            else:
                take(batch, context)
        return 0
    finally:
        if not options.dry_run:
            with suppress(ConfigError):  # what kept the steps from being read has been told
                steps = [*filter(None, map(context.run.step, NAMES))]
                results.show(console, context.run.name, steps, context.backend.stored.where)


def pairs(option: str, given: list[str]) -> dict[str, str]:
    """Read what an option gives as KEY=VALUE, each time that it is given.

    Raises:
        ConfigError: one has no `=`.
    """
    for one in given:
        if "=" not in one:
            raise ConfigError(f"{option} {one}: there is no '='; accepted: KEY=VALUE, such as training.spot=true")
    return dict(one.split("=", 1) for one in given)


def _only_looks(options: argparse.Namespace) -> bool:
    """Tell whether this is the dry run of a cleanup, which is of use only where what runs is asked for."""
    return options.dry_run and options.batches == [CLEANUP] and not options.vary


def _backend(options: argparse.Namespace, config: Config) -> Backend:
    if options.dry_run and not _only_looks(options):
        from sagemaker_jobs.dry_run import DryRun

        return DryRun(config)
    os.environ.setdefault("MODEL", config.model)
    backend = backends.open_backend(options.backend, config)
    if options.dry_run:
        from sagemaker_jobs.dry_run import Memory

        backend.stored = Memory()
    return backend


def _chosen(options: argparse.Namespace, config: Config, backend: Backend) -> runs.Run:
    """Give the run: the one named; a new one where it begins with the data; else the newest.

    Raises:
        ConfigError: the one named cannot be one, or holds nothing to go on with.
    """
    begins = options.batches[0] == NAMES[0] and not options.resume
    if options.run:
        return runs.named(config, backend.stored, options.run, has_begun=not begins and not options.dry_run)
    try:
        newest = "" if begins or options.dry_run else runs.newest(config, backend.stored)
    except ConfigError:
        if options.batches != [CLEANUP]:
            raise
        newest = CLEANUP  # which may well go without S3; no batch takes a run of that name for the newest
    return runs.Run(config, backend.stored, newest)
