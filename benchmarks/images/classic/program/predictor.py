"""The Flask application over the pickled model."""

import io
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from flask import Flask, Response, request

app = Flask(__name__)


@cache
def model() -> Any:
    """Load the model, once a process."""
    with Path("/opt/ml/model/model.pkl").open("rb") as file:
        return pickle.load(file)


@app.get("/ping")
def ping() -> Response:
    """Answer 200 where the model can be loaded."""
    try:
        model()
    except Exception:
        app.logger.exception("the model could not be loaded")
        return Response(status=404)
    return Response(status=200)


@app.post("/invocations")
def invocations() -> Response:
    """Predict the rows of a CSV body without a header, a prediction a line."""
    if request.mimetype != "text/csv":
        return Response("accepted: text/csv\n", status=415)
    rows = pd.read_csv(io.BytesIO(request.get_data()), header=None)
    predictions = pd.Series(model().predict(rows.to_numpy()))
    return Response(predictions.to_csv(header=False, index=False), mimetype="text/csv")
