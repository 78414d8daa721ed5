"""The process that starts multi-model-server, as AWS's toolkit does it, and ends with it."""

import ctypes
import os
import signal
import threading
import time

from sagemaker_inference import model_server

from . import handler_service

PR_SET_CHILD_SUBREAPER = 36


def end_with(parent: int) -> None:
    """End, and the server with it, once the worker that stands before it is gone, whatever ended that."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()

# The toolkit takes itself for process 1: it waits for a server that the starting script has left an orphan.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
model_server.MMS_CONFIG_FILE = os.path.join(os.environ["TEMP"], "mms.properties")  # /etc may be read-only
model_server.start_model_server(handler_service.__name__)
