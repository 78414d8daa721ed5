"""The command: `python -m batches.collection`."""

import sys

from ..command import main

sys.exit(main(batch="collection"))
