"""The model: a small neural network in TensorFlow's Keras. Yours to change; nothing here knows SageMaker."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # or the log of a job starts with notes on the processor

import keras
from keras import layers, ops

ROWS_AT_ONCE = 16_384  # in predictions, so that a large request needs little memory


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out, the first weights, the rows' order")
    epochs: int = Field(30, ge=1, le=10_000, description="passes over the training rows")
    learning_rate: float = Field(0.003, gt=0, le=1, description="step size of the Adam optimiser")
    batch_size: int = Field(32, ge=1, le=65_536, description="rows in a step")
    hidden_units: int = Field(32, ge=1, le=4096, description="width of the two hidden layers")


def fit(training, validation, n_classes: int, settings: Hyperparameters, report: Callable[..., None]) -> keras.Model:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        report: prints figures for the log, such as `report(epoch=1, train_loss=0.5)`.
    """
    keras.utils.set_random_seed(settings.seed)
    mean, deviation = (0, 1) if n_classes else _scale(training.targets[:, np.newaxis])
    unit = 1.0 if n_classes else deviation.item() ** 2

    def report_epoch(epoch: int, losses: dict[str, float]) -> None:
        report(epoch=epoch + 1, train_loss=unit * losses["loss"], validation_loss=unit * losses["val_loss"])

    standardiser = _standardiser(training.features)
    network = keras.Sequential(
        [
            layers.Dense(settings.hidden_units, activation="relu"),
            layers.Dense(settings.hidden_units, activation="relu"),
            layers.Dense(n_classes or 1),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True) if n_classes else "mean_squared_error"
    network.compile(keras.optimizers.Adam(settings.learning_rate), loss)
    network.fit(
        _call(standardiser, training.features),
        training.targets if n_classes else (training.targets - mean) / deviation,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(
            _call(standardiser, validation.features),
            validation.targets if n_classes else (validation.targets - mean) / deviation,
        ),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=report_epoch)],
        verbose=0,
    )
    last = layers.Softmax() if n_classes else layers.Rescaling(deviation, mean, dtype="float64")
    return keras.Model(standardiser.input, last(network(standardiser.output)))


def save(model: keras.Model, folder: Path) -> None:
    """Write the model into the folder in Keras' own format; there is no code in it, for no layer is a Lambda."""
    model.save(folder / "model.keras")


def load(folder: Path) -> keras.Model:
    """Read the model from the folder; safe mode refuses code in the file."""
    return keras.models.load_model(folder / "model.keras", safe_mode=True)


def predict(model: keras.Model, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    outputs = _call(model, features)
    return outputs if outputs.shape[1] > 1 else outputs[:, 0]


def _call(model: keras.Model, features: np.ndarray) -> np.ndarray:
    parts = np.array_split(features, len(features) // ROWS_AT_ONCE + 1)
    return np.concatenate([model(rows, training=False).numpy() for rows in parts])


def _standardiser(features: np.ndarray) -> keras.Model:
    """Make the first layers: standardised columns, with 0 (the column's mean) for a missing value."""
    mean, deviation = _scale(features)
    # In 64 bits: a column of large numbers close together, such as timestamps, would lose its digits in 32.
    columns = keras.Input((features.shape[1],), dtype="float64")
    standard = layers.Rescaling(1 / deviation, -mean / deviation, dtype="float64")(columns)
    return keras.Model(columns, ops.cast(ops.clip(ops.nan_to_num(standard), -10, 10), "float32"))


def _scale(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean and standard deviation of values, or of each column; missing values are left out."""
    known = np.ma.masked_invalid(values)
    mean, deviation = np.ma.filled(known.mean(axis=0), 0), np.ma.filled(known.std(axis=0), 0)
    constant = deviation <= 1e-12 * np.abs(mean)  # above 0 by rounding alone
    return mean, np.where(constant, 1, deviation)
