"""A Flask application that loads the model as it is imported."""

import os

import joblib
import numpy as np
from flask import Flask, request

app = Flask(__name__)
model = joblib.load(os.environ["MODEL_FILE"])


@app.get("/ping")
def ping() -> str:
    """Answer 200."""
    return ""


@app.post("/invocations")
def invocations() -> dict:
    """Predict the rows of a JSON body."""
    rows = np.array(request.get_json()["instances"])
    return {"predictions": model.predict(rows).tolist()}
