"""Serve the model that `MODEL` names: `python -m sagemaker_contract.serving`."""

import sys

from .server import main

if __name__ == "__main__":
    sys.exit(main())
