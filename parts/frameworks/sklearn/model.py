"""The model: a logistic regression, or a ridge regression for values. Yours to change; nothing here knows SageMaker."""

from pathlib import Path
from typing import Literal

import numpy as np
import skops.io
from pydantic import BaseModel, Field
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

FRAMEWORK = "sklearn"  # model.json names its version
TRUSTED = ["numpy.dtype"]  # what a model of other estimators needs besides, loading it names


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out for validation")
    penalty: float = Field(1.0, gt=0, description="strength of the L2 penalty")
    max_iter: int = Field(1000, ge=1, description="most steps of the solver")


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> Pipeline:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing; `targets`, class numbers or values.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        run: the job around the fit; this solver has no rounds to report or to checkpoint.
    """
    if n_classes:
        estimator = LogisticRegression(C=1 / settings.penalty, max_iter=settings.max_iter)
    else:
        estimator = Ridge(alpha=settings.penalty, max_iter=settings.max_iter)
    pipeline = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler(), estimator)
    return pipeline.fit(training.features, training.targets)


def save(model: Pipeline, folder: Path) -> None:
    """Write the model into the folder; skops stores no code, unlike pickle, and other bytes each time."""
    skops.io.dump(model, folder / "model.skops")


def load(folder: Path) -> Pipeline:
    """Read the model from the folder; skops refuses types that it does not know, but for those in TRUSTED."""
    return skops.io.load(folder / "model.skops", trusted=TRUSTED)


def predict(model: Pipeline, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    if not np.isnan(features).any():
        model = model[1:]  # without the imputer, which takes longer than the other two
    return model.predict_proba(features) if hasattr(model, "predict_proba") else model.predict(features)
