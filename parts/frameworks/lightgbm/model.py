"""The model: gradient-boosted trees by LightGBM. Yours to change; nothing here knows SageMaker."""

from functools import partial
from pathlib import Path
from typing import Literal

import lightgbm
import numpy as np
from pydantic import BaseModel, Field

from .cluster import joined

FRAMEWORK = "lightgbm"  # model.json names its version


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**31, description="chooses the rows held out for validation")
    num_round: int = Field(100, ge=1, le=10_000, description="number of boosting rounds")
    checkpoint_every: int = Field(10, ge=1, description="rounds between two checkpoints")
    learning_rate: float = Field(0.1, gt=0, le=1, description="how much of each tree is added")
    num_leaves: int = Field(8, ge=2, le=4096, description="most leaves of a tree")
    min_data_in_leaf: int = Field(3, ge=1, le=1_000_000, description="fewest rows in a leaf")
    lambda_l2: float = Field(1.0, ge=0, le=1e6, description="strength of the L2 penalty on the leaves' values")


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> lightgbm.Booster:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values. Of several workers, each has its share of the rows.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        run: the job around the fit: its figures, its checkpoints, its other workers.
    """
    resumed = run.resume()
    done = resumed.done if resumed else 0

    def end_of_round(state: lightgbm.callback.CallbackEnv) -> None:
        losses = {f"{name}_loss": float(value) for name, _, value, _ in state.evaluation_result_list}
        number = (
            done + state.iteration - state.begin_iteration + 1
        )  # LightGBM itself counts trees, which may end before
        run.report(round=number, **losses)
        run.checkpoint(number, partial(save, state.model))

    if n_classes:
        objective = {"objective": "multiclass", "num_class": n_classes, "metric": "multi_logloss"}
    else:
        objective = {"objective": "regression", "metric": "l2"}
    if done >= settings.num_round:
        return load(resumed.folder)
    rows = lightgbm.Dataset(training.features, training.targets)
    with joined(run) as network:
        return lightgbm.train(
            {
                **objective,
                **network,
                "learning_rate": settings.learning_rate,
                "num_leaves": settings.num_leaves,
                "min_data_in_leaf": settings.min_data_in_leaf,
                "lambda_l2": settings.lambda_l2,
                "seed": settings.seed,
                "deterministic": True,
                "force_row_wise": True,  # or LightGBM times both ways and takes the faster: another each run
                "verbosity": -1,
            },
            rows,
            num_boost_round=settings.num_round - done,
            valid_sets=[rows, rows.create_valid(validation.features, validation.targets)],
            valid_names=["train", "validation"],
            init_model=resumed and resumed.folder / "model.txt",
            callbacks=[end_of_round],
        )


def save(model: lightgbm.Booster, folder: Path) -> None:
    """Write the model into the folder in LightGBM's own format, which stores no code."""
    model.save_model(folder / "model.txt")


def load(folder: Path) -> lightgbm.Booster:
    """Read the model from the folder."""
    return lightgbm.Booster(model_file=folder / "model.txt")


def predict(model: lightgbm.Booster, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    return model.predict(features)
