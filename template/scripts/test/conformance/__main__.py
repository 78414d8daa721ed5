"""Judge an image: `contract.sh IMAGE`, which `python -m conformance` is behind."""

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import (  # noqa: F401 - they register their items
    checkpoint_items,
    host_items,
    image_items,
    multi_model_items,
    pipe_items,
    processing_items,
    request_items,
    serving_items,
    streaming_items,
    training_items,
)
from .bench import Bench
from .containers import docker
from .given import CSV, JSON, JSON_LINES, Given
from .items import ITEMS, Failed, as_ranges, parse_numbers
from .report import Verdict, judge, print_table, write_junit

CALLED_FROM = Path(os.environ.get("CALLED_FROM") or Path.cwd())
TYPES = {".csv": CSV, ".json": JSON, ".jsonl": JSON_LINES}


def main() -> int:
    """Judge the items; the exit code is 1 where one fails, and 2 where the command cannot be understood."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no container is left
    with tempfile.TemporaryDirectory(prefix="contract-", ignore_cleanup_errors=True) as folder:
        try:
            purpose = options.purpose or _purpose(options.image)
            given = _given(options, has_own_model=purpose != "serve")
            kind = {"trains": purpose != "serve", "serves": purpose != "train", "streaming": options.streaming}
            bench = Bench(options.image, given=given, folder=Path(folder), processing=options.processing, **kind)
        except (Failed, OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 2
        print(f"Judging {options.image}: {len(options.items)} items, which takes a few minutes", file=sys.stderr)
        verdicts = _judge_all(bench, options.items, options.parallel)
    print_table(options.image, verdicts, left_out=as_ranges(_left_out()))
    junit = options.junit or Path("build/contract", re.sub(r"[^\w.-]+", "-", options.image) + ".xml")
    write_junit(junit, options.image, verdicts)
    print(f"JUnit XML: {junit}")
    return int(any(verdict.state == "fail" for verdict in verdicts))


def _judge_all(bench: Bench, numbers: list[int], parallel: int) -> list[Verdict]:
    try:
        bench.prepare()
        with ThreadPoolExecutor(parallel) as pool:
            return list(pool.map(lambda number: judge(ITEMS[number], bench), numbers))
    finally:
        bench.close()


def _left_out() -> list[int]:
    return [number for number in range(1, 91) if number not in ITEMS]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="contract.sh",
        description="Judge a container image by the numbered items of SageMaker's contract.",
        epilog="Without options, the image is tried with the project's own sample.",
    )
    parser.add_argument("image", metavar="IMAGE", help="name of an image that the engine has")
    parser.add_argument(
        "--data", type=_existing, metavar="DIR", help="a folder a channel in it, or the files of channel training"
    )
    parser.add_argument(
        "--hyperparameters", type=_existing, metavar="FILE", help="a JSON object, as in hyperparameters.json"
    )
    parser.add_argument("--request", type=_existing, metavar="FILE", help="the body of a request")
    parser.add_argument("--content-type", metavar="TYPE", help="the request's type, by default by the file's name")
    parser.add_argument(
        "--model", type=_existing, metavar="DIR", help="what lies in /opt/ml/model; by default, trained"
    )
    parser.add_argument("--metrics", type=_existing, metavar="FILE", help="names and regexes, as in metrics.json")
    parser.add_argument(
        "--rounds", metavar="NAME", help="the hyperparameter that says for how many rounds a job trains"
    )
    parser.add_argument("--processing", metavar="COMMAND", help="what a processing job runs in place of the entrypoint")
    parser.add_argument("--streaming", action="store_true", help="the request is one that is answered in pieces")
    parser.add_argument("--items", type=_items, default=sorted(ITEMS), metavar="LIST", help="such as 1-13,39")
    parser.add_argument(
        "--purpose",
        choices=["both", "train", "serve"],
        help="by default by the name of the image, or the words that it knows",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="by default in build/contract/")
    parser.add_argument("--parallel", type=_count, default=os.cpu_count(), metavar="N", help="items at a time")
    return parser


def _existing(text: str) -> Path:
    path = CALLED_FROM / text
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} does not exist")
    return path


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}; accepted: a whole number from 1")
    return int(text)


def _items(text: str) -> list[int]:
    try:
        return parse_numbers(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; accepted: some of {as_ranges(sorted(ITEMS))}") from None


def _purpose(image: str) -> str:
    """Say what an image is for, by the end of its name, or else by the words that are programs on its PATH.

    The words alone will not do for every image: AWS's toolkits bring a `train` and a `serve` of their own.
    """
    docker("image", "inspect", image)
    name = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    for purpose in ("train", "serve"):
        if name.endswith(f"-{purpose}"):
            return purpose
    script = "command -v train; command -v serve; true"
    found = docker("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script, check=False).stdout
    words = {Path(line).name for line in found.decode(errors="replace").splitlines()}
    return words.pop() if len(words) == 1 else "both"


def _given(options: argparse.Namespace, has_own_model: bool) -> Given:
    """Put together what was given, and the project's own sample for the rest.

    Raises:
        ValueError: a file does not hold what it must.
    """
    sample = Path("sample_data") / os.environ["MODEL"]
    request = options.request or sample / "request.csv"
    model = options.model
    if model is None and not has_own_model:
        model = _sample_model()
    given = Given(
        data=options.data or sample / "input/data",
        hyperparameters=_hyperparameters(options.hyperparameters or sample / "input/config/hyperparameters.json"),
        request=request.read_bytes(),
        content_type=options.content_type or TYPES.get(request.suffix, CSV),
        model=model,
        metrics=_metrics(options.metrics or Path("code/container", os.environ["MODEL"], "metrics.json")),
        rounds=options.rounds,
        of_model=_own_hyperparameters(Path("code/container", os.environ["MODEL"], "model.py")),
    )
    if options.processing is not None and not shlex.split(options.processing):
        raise ValueError("--processing is empty; accepted: a command such as 'python evaluate.py'")
    if not given.channels:
        raise ValueError(
            f"{given.data} holds no files; accepted: a folder per channel, or the files of channel training"
        )
    return given


def _sample_model() -> Path:
    """Give the model that a local run made of the sample data; one is made where there is none."""
    folder = Path("opt_ml", os.environ["MODEL"], "model")
    if not folder.is_dir() or not any(folder.iterdir()):
        script = next(
            path
            for path in (Path("scripts/local_run/train.sh"), Path("scripts/local_run/sample_model.sh"))
            if path.exists()
        )
        subprocess.run([script], check=True, stdout=sys.stderr)
    return folder


def _hyperparameters(path: Path) -> dict[str, str]:
    loaded = _read_json(path)
    if not isinstance(loaded, dict):
        raise ValueError(f"{path} is no JSON object; accepted: names and values, as in hyperparameters.json")
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in loaded.items()}


def _own_hyperparameters(path: Path) -> frozenset[str]:
    """Give the names that class Hyperparameters of the project's model declares; none where it has been moved."""
    if not path.exists():
        return frozenset()
    declared = re.search(r"^class Hyperparameters\b.*?(?=^\S|\Z)", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return frozenset(re.findall(r"^    (\w+):", declared[0], re.MULTILINE)) if declared else frozenset()


def _metrics(path: Path) -> dict[str, str]:
    try:
        return {metric["Name"]: re.compile(metric["Regex"]).pattern for metric in _read_json(path)}
    except (TypeError, KeyError, re.error):
        accepted = 'a list such as [{"Name": "validation:loss", "Regex": "validation_loss=([.0-9]+)"}]'
        raise ValueError(f"{path} names no metrics; accepted: {accepted}") from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from None


if __name__ == "__main__":
    sys.exit(main())
