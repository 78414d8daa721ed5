"""What a test of cleanup works with: an empty SageMaker by moto, and one that answers with errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cloud import cloud
from rich.console import Console
from settings import config

from batches.context import Context
from sagemaker_jobs.aws_backend import AwsBackend
from sagemaker_jobs.runs import Run


def tag(key: str, value: str) -> dict[str, str]:
    """Give a tag as SageMaker has it."""
    return {"Key": key, "Value": value}


@contextmanager
def work(*, yes: bool = False, terminal: bool = False, **changes: Any) -> Iterator[Context]:
    """A batch's context on an empty SageMaker; what it prints is in `console`."""
    one = config(**changes)
    with cloud():
        backend = AwsBackend(one)
        console = Console(record=True, width=200, force_terminal=terminal, quiet=False)
        yield Context(one, Run(one, backend.stored), backend, None, console, yes)


class Faulty:
    """A client that answers some requests with an error, by method and the name in the request."""

    def __init__(self, client: Any, **errors: dict[str, Exception]) -> None:
        self.client, self.errors = client, errors

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def ask(**request: Any) -> Any:
            for part, error in self.errors.get(method, {}).items():
                if any(str(value).endswith(part) for value in request.values()):
                    raise error
            return getattr(self.client, method)(**request)

        return ask
