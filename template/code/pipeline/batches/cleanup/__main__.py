"""The command: `python -m batches.cleanup`."""

import sys

from ..command import main

sys.exit(main(batch="cleanup"))
