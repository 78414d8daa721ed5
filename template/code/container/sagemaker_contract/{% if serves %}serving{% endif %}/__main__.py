"""Serve the model that `MODEL` names: `python -m sagemaker_contract.serving`."""

import sys

from . import server
from .multi_model.registry import shared_registry
from .settings import is_multi_model


def main() -> int:
    """Serve until SIGTERM, finish what is in flight, and give exit code 0."""
    if not is_multi_model():
        return server.main()
    with shared_registry():
        return server.main()


if __name__ == "__main__":
    sys.exit(main())
