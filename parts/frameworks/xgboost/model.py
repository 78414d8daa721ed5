"""The model: gradient-boosted trees by XGBoost. Yours to change; nothing here knows SageMaker."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import xgboost
from pydantic import BaseModel, Field


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out for validation, and those a tree sees")
    num_round: int = Field(100, ge=1, le=10_000, description="number of boosting rounds")
    learning_rate: float = Field(0.1, gt=0, le=1, description="how much of each tree is added")
    max_depth: int = Field(3, ge=1, le=16, description="most levels of a tree")
    min_child_weight: float = Field(1.0, ge=0, le=1e6, description="least weight of the rows in a leaf")
    subsample: float = Field(0.8, gt=0, le=1, description="share of the rows that each tree sees")


class Reporter(xgboost.callback.TrainingCallback):
    """Reports the losses after each round."""

    def __init__(self, report: Callable[..., None], metric: str) -> None:
        """Report figures of this metric."""
        self.report = report
        self.metric = metric

    def after_iteration(self, model: xgboost.Booster, epoch: int, evals_log: dict) -> bool:
        """Report a round's losses; False lets the training go on."""
        losses = {f"{name}_loss": figures[self.metric][-1] for name, figures in evals_log.items()}
        if self.metric == "rmse":
            losses = {name: error**2 for name, error in losses.items()}
        self.report(round=epoch + 1, **losses)
        return False


def fit(
    training, validation, n_classes: int, settings: Hyperparameters, report: Callable[..., None]
) -> xgboost.Booster:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        report: prints figures for the log, such as `report(round=1, train_loss=0.5)`.
    """
    if n_classes:
        objective = {"objective": "multi:softprob", "num_class": n_classes, "eval_metric": "mlogloss"}
    else:
        objective = {"objective": "reg:squarederror", "eval_metric": "rmse"}
    rows = {
        "train": xgboost.DMatrix(training.features, training.targets),
        "validation": xgboost.DMatrix(validation.features, validation.targets),
    }
    return xgboost.train(
        {
            **objective,
            "eta": settings.learning_rate,
            "max_depth": settings.max_depth,
            "min_child_weight": settings.min_child_weight,
            "subsample": settings.subsample,
            "seed": settings.seed,
        },
        rows["train"],
        num_boost_round=settings.num_round,
        evals=[(matrix, name) for name, matrix in rows.items()],
        callbacks=[Reporter(report, objective["eval_metric"])],
        verbose_eval=False,
    )


def save(model: xgboost.Booster, folder: Path) -> None:
    """Write the model into the folder in XGBoost's own format, which stores no code."""
    model.save_model(folder / "model.ubj")


def load(folder: Path) -> xgboost.Booster:
    """Read the model from the folder."""
    return xgboost.Booster(model_file=folder / "model.ubj")


def predict(model: xgboost.Booster, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    return model.inplace_predict(features)
