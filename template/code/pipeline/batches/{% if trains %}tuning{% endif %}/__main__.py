"""The command: `python -m batches.tuning`."""

import sys

from ..command import main

sys.exit(main(batch="tuning"))
