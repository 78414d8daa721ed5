"""The command: `python -m batches.evaluation`."""

import sys

from ..command import main

sys.exit(main(batch="evaluation"))
