"""The command: `python -m batches.deployment`."""

import sys

from ..command import main

sys.exit(main(batch="deployment"))
