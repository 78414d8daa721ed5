"""The commands behind scripts/marketplace.sh: `python -m marketplace COMMAND`."""

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from batches.command import pairs, reader_gone
from sagemaker_jobs import backends, local_files, shapes
from sagemaker_jobs.backends import Backend
from sagemaker_jobs.requests.parts import Request
from sagemaker_jobs.settings import Config
from utils import config_reader
from utils.aws import clients
from utils.config_reader import CONFIGS, ConfigError

from . import data_key, listing
from .inference import ROWS
from .listing import Listing

LISTED = [name for name in ("algorithm", "model_package") if (Path(__file__).parent / f"{name}.py").is_file()]
IN_ECR = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/.+")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 2 where something is wrong, or AWS refuses."""
    options = _parser().parse_args(arguments)
    try:
        config = config_reader.read(options.config, pairs("--set", options.set))
        if options.command == "key":
            data_key.make(clients.client("kms", config.region), options.kms_key, config.project)
            print(data_key.FILE)
        elif options.command == "open-key":
            sys.stdout.buffer.write(data_key.open_(clients.client("kms", config.region)))
        elif options.command == "largest-image":
            print(round(listing.read(config).largest_image_gb * 10**9))
        else:
            if not options.dry_run:
                _check_images(config)
            _create(config, options.command.replace("-", "_"), options.dry_run)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return reader_gone()
    return 0


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, default=CONFIGS / "prod.yml", help="an environment's file in configs/")
    common.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as region=us-east-2")
    parser = argparse.ArgumentParser(prog="marketplace.sh", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    key = commands.add_parser("key", parents=[common], help="make the data key that seals models")
    key.add_argument("kms_key", metavar="KMS_KEY", help="id, ARN or alias of the KMS key that encrypts it")
    commands.add_parser("open-key", parents=[common], help="write the data key itself to standard output")
    commands.add_parser("largest-image", parents=[common], help="print how many bytes an image may take")
    for name in LISTED:
        command = commands.add_parser(name.replace("_", "-"), parents=[common], help="have SageMaker make it")
        command.add_argument("--dry-run", action="store_true", help="print the request as JSON, and send none")
    return parser


def _create(config: Config, what: str, is_dry: bool) -> None:
    module, listed = import_module(f"{__package__}.{what}"), listing.read(config)
    backend = _backend(config, is_dry)
    try:
        asked = _request(config, listed, backend, module)
        _upload(config, listed, backend)
        made = getattr(backend.sagemaker, f"create_{what}")(**asked)
    finally:
        backend.close()
    if not is_dry:
        [arn] = [value for name, value in made.items() if name.endswith("Arn")]
        print(arn)
        command = f"aws sagemaker describe-{what.replace('_', '-')} --{what.replace('_', '-')}-name"
        print(f"SageMaker validates it now; see `{command} {listing.name(config, listed)}`", file=sys.stderr)


def _backend(config: Config, is_dry: bool) -> Backend:
    if is_dry:
        from sagemaker_jobs.dry_run import DryRun

        return DryRun(config)
    return backends.open_backend("sagemaker", config)


def _request(config: Config, listed: Listing, backend: Backend, module: ModuleType) -> Request:
    """Make the request, and see that it has the shape that SageMaker takes, before anything is uploaded."""
    asked = module.request(config, listed, backend)
    if wrong := shapes.problems(module.OPERATION, asked):
        raise ConfigError(f"{module.OPERATION}: {wrong[0]}")
    return asked


def _check_images(config: Config) -> None:
    for key, image in (("serve", config.images.serve), ("train", config.images.train)):
        if image and not IN_ECR.fullmatch(image):
            accepted = "an image in Amazon ECR: set ECR_REGISTRY and IMAGE_TAG to what push.sh has pushed"
            raise ConfigError(f"images.{key} is {image!r}; accepted: {accepted}")


def _upload(config: Config, listed: Listing, backend: Backend) -> None:
    """Put the sample data where the validation looks for it."""
    sample, place = f"sample_data/{config.model}", listing.place(config, listed)
    local_files.copy("marketplace", f"{sample}/{ROWS}", backend.stored, f"{place}/rows")
    if "algorithm" in LISTED:
        local_files.copy("marketplace", f"{sample}/input/data/training", backend.stored, f"{place}/training")


if __name__ == "__main__":
    sys.exit(main())
