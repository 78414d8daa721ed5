"""The command: `python -m batches.preprocess`."""

import sys

from ..command import main

sys.exit(main(batch="preprocess"))
