"""The model: gradient-boosted trees by XGBoost. Yours to change; nothing here knows SageMaker."""

import re
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import xgboost
from pydantic import BaseModel, Field

from .cluster import joined

FRAMEWORK = "xgboost"  # model.json names its version


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out for validation, and those a tree sees")
    num_round: int = Field(100, ge=1, le=10_000, description="number of boosting rounds")
    checkpoint_every: int = Field(10, ge=1, description="rounds between two checkpoints")
    learning_rate: float = Field(0.1, gt=0, le=1, description="how much of each tree is added")
    max_depth: int = Field(3, ge=1, le=16, description="most levels of a tree")
    min_child_weight: float = Field(1.0, ge=0, le=1e6, description="least weight of the rows in a leaf")
    subsample: float = Field(
        1.0, gt=0, le=1, description="share of the rows that each tree sees; a resumed job draws others"
    )


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> xgboost.Booster:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values. Of several workers, each has its share of the rows.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        run: the job around the fit: its figures, its checkpoints, its other workers.
    """
    if n_classes:
        objective = {"objective": "multi:softprob", "num_class": n_classes, "eval_metric": "mlogloss"}
    else:
        objective = {"objective": "reg:squarederror", "eval_metric": "rmse"}
    with joined(run):
        rows = xgboost.DMatrix(training.features, training.targets)
        judged = xgboost.DMatrix(validation.features, validation.targets)
        booster = xgboost.Booster(
            {
                **objective,
                "eta": settings.learning_rate,
                "max_depth": settings.max_depth,
                "min_child_weight": settings.min_child_weight,
                "subsample": settings.subsample,
                "seed": settings.seed,
                "device": _device(),
            },
            [rows, judged],
        )
        done = 0
        if resumed := run.resume():
            done = resumed.done
            booster.load_model(resumed.folder / "model.ubj")
        for number in range(done, settings.num_round):
            booster.update(rows, number)
            train_loss, validation_loss = _losses(booster.eval_set([(rows, "train"), (judged, "validation")], number))
            run.report(round=number + 1, train_loss=train_loss, validation_loss=validation_loss)
            run.checkpoint(number + 1, partial(save, booster))
    return booster


def save(model: xgboost.Booster, folder: Path) -> None:
    """Write the model into the folder in XGBoost's own format, which stores no code."""
    model.save_model(folder / "model.ubj")


def load(folder: Path) -> xgboost.Booster:
    """Read the model from the folder."""
    return xgboost.Booster(model_file=folder / "model.ubj")


def predict(model: xgboost.Booster, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    return model.inplace_predict(features)


def _losses(line: str) -> list[float]:
    """Read a line such as `[3] train-rmse:0.5 validation-rmse:0.7`; squared, for a regression."""
    figures = re.findall(r"-(\w+):(\S+)", line)
    return [float(value) ** 2 if metric == "rmse" else float(value) for metric, value in figures]


def _device() -> str:
    """Choose the GPU where there is one and this build of XGBoost can use it."""
    return "cuda" if xgboost.build_info()["USE_CUDA"] and Path("/dev/nvidiactl").exists() else "cpu"
