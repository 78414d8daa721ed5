"""Lay out the model folder, and start AWS's model server on it as a SageMaker container does."""

import os
import shutil
from pathlib import Path

scratch = Path(os.environ["SCRATCH"])
code = scratch / "model" / "code"
code.mkdir(parents=True)
shutil.copy(os.environ["MODEL_FILE"], scratch / "model" / "model.joblib")
shutil.copy(Path(__file__).with_name("inference.py"), code)
os.chdir(scratch)  # where its logs go
os.environ |= {
    "SAGEMAKER_BASE_DIR": str(scratch),
    "SAGEMAKER_BIND_TO_PORT": os.environ["PORT"],
    "SAGEMAKER_MODEL_SERVER_WORKERS": os.environ["WORKERS"],
}

from sagemaker_inference import model_server  # noqa: E402  (it reads the environment as it is imported)

model_server.MMS_CONFIG_FILE = str(scratch / "mms.properties")  # not in /etc
model_server.start_model_server()
