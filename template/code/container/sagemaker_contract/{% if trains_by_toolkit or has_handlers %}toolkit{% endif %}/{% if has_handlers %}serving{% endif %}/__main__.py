"""Process 1 of a serving image with AWS's toolkit: this package's routes, with multi-model-server behind them."""

import os
import sys

from ...errors import InputError
from ...serving import server
from ...serving.settings import Settings
from .gate import Gate


def main() -> int:
    """Serve until SIGTERM, finish what is in flight, and give exit code 0."""
    # The workers are the model server's; there is one gate.
    os.environ["MMS_DEFAULT_WORKERS_PER_MODEL"] = os.environ.pop("SAGEMAKER_MODEL_SERVER_WORKERS", "") or "1"
    try:
        from ...serving import app  # which reads the environment

        gate = app.engine = Gate(app.engine, Settings.from_environment().port)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        return server.main()
    finally:
        gate.stop()


if __name__ == "__main__":
    sys.exit(main())
