"""The same batches under different conditions, several at a time, and their trainings compared."""

import argparse
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product

from rich.console import Console

from sagemaker_jobs import ceiling, results
from sagemaker_jobs.backends import Backend
from sagemaker_jobs.following import Follower, JobFailed, JobGoesOn
from sagemaker_jobs.runs import Run, Step
from sagemaker_jobs.settings import Config
from utils import config_reader
from utils.config_reader import ConfigError

from . import NAMES
from .context import Context
from .steps import broken_off, take

SECONDS = 1.0  # between two looks at a job
OF_ONE = ("deployment", "cleanup")  # there is one endpoint


def run_all(options: argparse.Namespace, changes: dict[str, str], base: Run, backend: Backend, console: Console) -> int:
    """Run the batches once for each combination of values, in a run each that begins with what `base` has done.

    One that fails leaves the others alone, and has its line in the table.

    Returns:
        0 where all completed, else 1.

    Raises:
        ConfigError: a value cannot be used, or is above the ceiling; nothing is started, and all such are named. So is
            an option, or a batch, that does not go with --vary.
        KeyboardInterrupt: Ctrl-C; the jobs were stopped.
    """
    _check(options)
    conditions = combinations(options.vary)
    configs = read_all(options, changes, conditions)
    done = [base.step(name) for name in NAMES[: NAMES.index(options.batches[0])]]
    contexts = {}
    for config, condition in zip(configs, conditions, strict=True):
        run = Run(config, backend.stored)
        for step in filter(None, done):
            run.record(step)
        label = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in condition.items())
        follower = Follower(backend, console, SECONDS, asks=False, run=run.name, label=label)
        contexts[run.name] = Context(config, run, backend, follower, console, options.yes), condition

    with ThreadPoolExecutor(options.parallel) as pool:
        taken = {name: pool.submit(_take_all, options.batches, context) for name, (context, _) in contexts.items()}
        try:
            _wait(taken)
        except (KeyboardInterrupt, SystemExit):
            pool.shutdown(wait=False, cancel_futures=True)
            for context, _ in contexts.values():
                context.follower.interrupt()
            _wait(taken)
            raise
        finally:
            steps = {name: future.result() for name, future in taken.items() if not future.cancelled()}
            results.compare(console, steps, {name: condition for name, (_, condition) in contexts.items()}, base.config)
    return int(any(step.status != "Completed" for found in steps.values() for step in found))


def _check(options: argparse.Namespace) -> None:
    if options.parallel < 1:
        raise ConfigError(f"--parallel is {options.parallel}; accepted: a whole number from 1")
    if options.resume:
        accepted = "--run NAME --resume for one of its runs, with --set in place of --vary"
        raise ConfigError(f"--resume is given with --vary; accepted: {accepted}")
    if of_one := [batch for batch in options.batches if batch in OF_ONE]:
        accepted = f"it by itself, for one of the runs: {of_one[0]} --run NAME"
        raise ConfigError(f"--vary is given with {of_one[0]}, which all would share; accepted: {accepted}")


def read_all(options: argparse.Namespace, changes: dict[str, str], conditions: list[dict[str, str]]) -> list[Config]:
    """Read the configuration of each condition.

    Raises:
        ConfigError: at least one cannot be used, or is above the ceiling; has a line for each fault.
    """
    configs, faults = [], {}
    for condition in conditions:
        try:
            configs.append(config_reader.read(options.config, changes | condition))
            ceiling.check(configs[-1], options.batches)
        except ConfigError as error:
            faults[str(error)] = None
    if faults:
        raise ConfigError("\n".join(faults))
    return configs


def combinations(vary: list[str]) -> list[dict[str, str]]:
    """Give every combination of the values: a=1,2 and b=3,4 are four.

    Raises:
        ConfigError: one is not KEY=A,B.
    """
    named = []
    for one in vary:
        key, is_, values = one.partition("=")
        if not is_ or not values:
            raise ConfigError(f"--vary {one}: accepted: KEY=A,B, such as training.hyperparameters.seed=1,2,3")
        named.append([(key, value) for value in values.split(",")])
    return [dict(pairs) for pairs in product(*named)]


def _wait(taken: dict[str, Future]) -> None:
    for future in taken.values():
        if not future.cancelled():
            future.result()


def _take_all(batches: list[str], context: Context) -> list[Step]:
    """Take the batches up to the first that does not complete; whatever ends that one, its record is the last."""
    steps = []
    for batch in batches:
        try:
            context.follower.raise_if_interrupted()
            steps.append(take(batch, context))
        except (JobFailed, JobGoesOn, ConfigError, OSError) as error:
            context.follower.say(str(error))
            return [*steps, broken_off(batch, error)]
        except KeyboardInterrupt as error:
            return [*steps, broken_off(batch, error)]
        except Exception as error:  # a fault of the batch itself: all of it is shown, and the others go on
            context.follower.say(traceback.format_exc())
            return [*steps, broken_off(batch, error)]
    return steps
