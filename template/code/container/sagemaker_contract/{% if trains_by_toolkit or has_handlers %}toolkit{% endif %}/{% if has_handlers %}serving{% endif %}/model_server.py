"""The process that starts multi-model-server, as AWS's toolkit does it, and ends with it."""

import ctypes
import os

from sagemaker_inference import model_server

from . import handler_service

PR_SET_CHILD_SUBREAPER = 36

# The toolkit takes itself for process 1: it waits for a server that the starting script has left an orphan.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
model_server.MMS_CONFIG_FILE = os.path.join(os.environ["TEMP"], "mms.properties")  # /etc may be read-only
model_server.start_model_server(handler_service.__name__)
