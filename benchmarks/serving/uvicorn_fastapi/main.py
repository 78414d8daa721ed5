"""A FastAPI application that loads the model as it is imported."""

import os

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = joblib.load(os.environ["MODEL_FILE"])


class Rows(BaseModel):
    """The body of a request."""

    instances: list[list[float]]


class Predictions(BaseModel):
    """The body of an answer."""

    predictions: list[str]


@app.get("/ping")
def ping() -> None:
    """Answer 200."""


@app.post("/invocations")
def invocations(rows: Rows) -> Predictions:
    """Predict the rows."""
    return Predictions(predictions=model.predict(rows.instances).tolist())
