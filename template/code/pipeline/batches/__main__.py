"""Several batches, one after the other: `python -m batches collection preprocess training`."""

import sys

from .command import main

sys.exit(main())
