"""Items 14 to 29, 37 and 38: training jobs in general."""

import json
import re
import time

from .bench import Bench
from .containers import Container
from .given import Layout
from .items import Failed, demand, item

LONG = 200_000_000  # bytes of data, so that a job is not over when a signal comes
GRACE = 120  # seconds that SageMaker leaves between SIGTERM and SIGKILL
CRAWL = 0.1  # of a core, so that a job that does not heed SIGTERM cannot end by itself in the meantime
NONSENSE = "not-a-number"

# Kills, of the descendants of process 1, the one that has computed most.
KILL_THE_WORKER = """
most=-1
for folder in /proc/[0-9]*; do
    number=${folder#/proc/}
    { read -r line <$folder/stat; } 2>/dev/null || continue
    set -- ${line##*) }
    if [ "$number" != 1 ] && [ "$2" != 0 ] && [ "$number" != $$ ] && [ "${12}" -gt "$most" ]; then
        most=${12} worker=$number
    fi
done
kill -9 "$worker"
"""


def succeeds(bench: Bench, *options: str, **how) -> str:
    """Demand that a training job ends well."""
    run = bench.train(*options, **how)
    demand(run.exit_code == 0, run.seen)
    return run.seen


@item(14, "hyperparameters {}", "training")
def no_hyperparameters(bench: Bench) -> str:
    """Every hyperparameter has a default."""
    return succeeds(bench, layout=Layout(hyperparameters={}))


@item(15, "every hyperparameter as a JSON string in a string", "training")
def quoted_hyperparameters(bench: Bench) -> str:
    """Values are read as JSON, or else as plain text, with quotes or without."""
    quoted = {name: json.dumps(value) for name, value in bench.given.hyperparameters.items()}
    return succeeds(bench, layout=Layout(hyperparameters=quoted))


@item(16, "hyperparameters sagemaker_… and _tuning_objective_metric besides", "training")
def platform_hyperparameters(bench: Bench) -> str:
    """The platform's own hyperparameters are ignored."""
    platform = {"sagemaker_job_name": '"contract"', "sagemaker_region": '"us-east-1"', "sagemaker_max_time": "60"}
    platform |= {"_tuning_objective_metric": "validation:score"}
    return succeeds(bench, layout=Layout(hyperparameters=bench.given.hyperparameters | platform))


@item(17, f"a number among the hyperparameters replaced by {NONSENSE!r}", "training")
def invalid_hyperparameter(bench: Bench) -> str:
    """An invalid value ends the job with a failure file that names it."""
    numbers = [name for name, value in bench.given.hyperparameters.items() if _is_number(value)]
    demand(numbers, "cannot be seen: no hyperparameter is a number; give one that is")
    wrong = bench.given.hyperparameters | {numbers[0]: NONSENSE}
    run = bench.train(layout=Layout(hyperparameters=wrong))
    demand(run.exit_code, "exit code 0")
    demand(run.failure is not None, f"exit code {run.exit_code}, and no failure file")
    named = numbers[0] in run.failure or NONSENSE in run.failure
    demand(named, f"the failure file names neither {numbers[0]} nor its value: {run.failure[:150]}")
    return f"exit code {run.exit_code}; failure file: {run.failure.strip()[:100]}"


@item(18, "resourceconfig.json in lower case alone", "training")
def resource_config(bench: Bench) -> str:
    """resourceconfig.json is read in its lower-case spelling."""
    return succeeds(bench, layout=Layout(other_case=False))


@item(19, "resourceconfig.json without instance groups", "training")
def no_groups(bench: Bench) -> str:
    """Instance groups are not needed."""
    return succeeds(bench, layout=Layout(groups=False))


@item(20, "inputdataconfig.json without ContentType", "training")
def no_content_type(bench: Bench) -> str:
    """The content type of a channel is not needed."""
    return succeeds(bench, layout=Layout(content_type=False))


@item(21, "no channels", "training")
def missing_channel(bench: Bench) -> str:
    """A missing channel is a clear failure."""
    run = bench.train(layout=Layout(channels=False))
    demand(run.exit_code, "exit code 0")
    demand(run.failure, f"exit code {run.exit_code}, and no failure file")
    demand(_names_channel(bench, run.failure), f"the failure file does not say what is missing: {run.failure[:150]}")
    return f"exit code {run.exit_code}; failure file: {run.failure.strip()[:100]}"


@item(22, "the files of each channel in nested folders", "training")
def nested_files(bench: Bench) -> str:
    """Files in nested folders are read."""
    return succeeds(bench, layout=Layout(nested=True))


@item(23, "the input mounted read-only", "training")
def read_only_input(bench: Bench) -> str:
    """The input may be read-only."""
    return succeeds(bench, read_only=True)


@item(24, "the files after training", "training")
def model_in_its_place(bench: Bench) -> str:
    """The model lies in /opt/ml/model."""
    demand(bench.training.model, f"nothing in /opt/ml/model ({bench.training.seen})")
    return ", ".join(bench.training.model)[:100]


@item(25, "the files after training", "training")
def extras_in_their_place(bench: Bench) -> str:
    """Whatever else a job leaves lies in output/data."""
    places = ("model/", "output/data/", "output/failure", "checkpoints/")
    elsewhere = [name for name in bench.training.files if not name.startswith(places)]
    demand(not elsewhere, f"outside output/data: {', '.join(elsewhere)[:150]}")
    extras = [name for name in bench.training.files if name.startswith("output/data/")]
    return ", ".join(extras)[:100] or "no extras"


@item(26, "exit code and failure file after training", "training")
def success(bench: Bench) -> str:
    """A success is exit code 0 and no failure file."""
    demand(bench.training.failure is None, f"a failure file: {bench.training.failure}")
    demand(bench.training.exit_code == 0, bench.training.seen)
    return "exit code 0, no failure file"


@item(27, "the first 1024 characters of a failure file", "training")
def cause_is_shown(bench: Bench) -> str:
    """The cause of a failure stands in the first 1024 characters, which SageMaker shows."""
    run = bench.train(layout=Layout(channels=False))
    demand(run.failure, f"exit code {run.exit_code}, and no failure file")
    shown = run.failure[:1024]
    demand(_names_channel(bench, shown), f"the cause is not among them: {shown[:150]}")
    return shown.strip()[:100]


@item(28, "SIGKILL to the program that trains, as when memory runs out", "training")
def real_exit_code(bench: Bench) -> str:
    """The exit code is that of the program that trains."""
    with bench.training_job(size=LONG) as (container, _):
        _wait_for_work(bench, container)
        if len(container.processes()) > 1:
            container.run_beside(bench.image, KILL_THE_WORKER)
        else:
            container.send("KILL")
        code = container.wait(GRACE)
    demand(code == 137, f"exit code {code}, and not 137")
    return "exit code 137"


@item(29, "SIGTERM to process 1 in the middle of a long job", "training")
def sigterm(bench: Bench) -> str:
    """SIGTERM ends the job within 120 s."""
    with bench.training_job(size=LONG) as (container, _):
        _wait_for_work(bench, container)
        container.slow_down(CRAWL)
        container.send("TERM")
        try:
            code = container.wait(GRACE)
        except Failed:
            raise Failed(f"it still runs after {GRACE} s") from None
    return f"exit code {code}"


@item(37, "no network", "training")
def offline(bench: Bench) -> str:
    """Training needs no network."""
    return succeeds(bench, "--network=none")


@item(38, "each metric's regex on the log", "training")
def metrics(bench: Bench) -> str:
    """The log has a line for every metric."""
    demand(bench.given.metrics, "cannot be seen: no metrics are given")
    unmatched = [name for name, regex in bench.given.metrics.items() if not re.search(regex, bench.training.log)]
    demand(not unmatched, f"no line of the log matches {', '.join(unmatched)}")
    return f"{', '.join(bench.given.metrics)}"


def _wait_for_work(bench: Bench, container: Container) -> None:
    """Wait until the job is past its start: for as long as the first one took as a whole, and a second more."""
    time.sleep(max(0, container.started + bench.training.seconds + 1 - time.monotonic()))
    demand(container.is_running, f"the job ended before it got a signal: {container.last_line()}")


def _names_channel(bench: Bench, failure: str) -> bool:
    return any(name in failure for name in ("channel", "/opt/ml/input", *bench.given.channels))


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
