"""Process 1 of a serving image with AWS's toolkit: this package's routes, with multi-model-server behind them."""

import os
import sys

from ...errors import InputError
from ...serving import __main__ as serving
from ...serving import server
from ...serving.service import share_cores
from ...serving.settings import Settings, is_multi_model
from .gate import Gate


def main() -> int:
    """Serve until SIGTERM, finish what is in flight, and give exit code 0."""
    if is_multi_model():
        print("many models are served by this package's own server, without multi-model-server", file=sys.stderr)
        return serving.main()
    try:
        workers = Settings.from_environment().workers
        share_cores(workers)
        os.environ["MMS_DEFAULT_WORKERS_PER_MODEL"] = str(workers)  # they are the model server's; there is one gate
        os.environ.pop("SAGEMAKER_MODEL_SERVER_WORKERS", None)
        from ...serving import app  # which reads the environment

        app.engine.model = Gate(app.engine.payload_limit, Settings.from_environment().port)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    return server.main()


if __name__ == "__main__":
    sys.exit(main())
