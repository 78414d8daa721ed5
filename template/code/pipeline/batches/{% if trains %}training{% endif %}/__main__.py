"""The command: `python -m batches.training`."""

import sys

from ..command import main

sys.exit(main(batch="training"))
