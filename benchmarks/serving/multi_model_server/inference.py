"""The handlers, in AWS's names; the toolkit's own would read a JSON list and no object."""

import json
from pathlib import Path

import joblib
import numpy as np


def model_fn(model_dir, context=None):
    """Load the model."""
    return joblib.load(Path(model_dir) / "model.joblib")


def input_fn(input_data, content_type, context=None):
    """Read the rows of a JSON body."""
    return np.array(json.loads(input_data)["instances"])


def predict_fn(data, model, context=None):
    """Predict the rows."""
    return model.predict(data).tolist()


def output_fn(prediction, accept, context=None):
    """Write the answer."""
    return json.dumps({"predictions": prediction}), "application/json"
