"""The command: `python -m batches.inference`."""

import sys

from ..command import main

sys.exit(main(batch="inference"))
