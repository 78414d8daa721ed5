"""The Flask application behind nginx: the model is loaded by the first request that needs it, which is a ping.

CSV goes through pandas, as in AWS's sample; JSON, which the sample does not take, through what is quickest.
"""

import io
import json
import os
from functools import cache

import joblib
import numpy as np
import pandas as pd
from flask import Flask, Response, request

app = Flask(__name__)


@cache
def model():
    """Load the model, once a process."""
    return joblib.load(os.environ["MODEL_FILE"])


@app.get("/ping")
def ping() -> Response:
    """Answer 200 where the model can be loaded."""
    try:
        model()
    except Exception:
        app.logger.exception("the model could not be loaded")
        return Response(status=404)
    return Response("\n", mimetype="application/json")


@app.post("/invocations")
def invocations() -> Response:
    """Predict the rows of a CSV or JSON body."""
    if request.mimetype == "text/csv":
        rows = pd.read_csv(io.BytesIO(request.get_data()), header=None).to_numpy()
    elif request.mimetype == "application/json":
        rows = np.array(json.loads(request.get_data())["instances"])
    else:
        return Response("accepted: text/csv, application/json\n", status=415)
    predictions = model().predict(rows).tolist()
    if request.mimetype == "text/csv":
        return Response(pd.Series(predictions).to_csv(header=False, index=False), mimetype="text/csv")
    return Response(json.dumps({"predictions": predictions}), mimetype="application/json")
