"""The model: a small neural network in TensorFlow's Keras. Yours to change; nothing here knows SageMaker."""

import json
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Literal
from zipfile import ZipFile, ZipInfo

import numpy as np
from pydantic import BaseModel, Field

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # or the log of a job starts with notes on the processor

import keras
import tensorflow as tf
from keras import layers, losses, ops, optimizers

from .cluster import joined

FRAMEWORK = "tensorflow"  # its version goes into model.json
ROWS_AT_ONCE = 16_384  # in predictions, so that a large request needs little memory
SHARED_OBJECT = re.compile(rb'(?<="shared_object_id": )\d+')  # in the file of a model


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out, the first weights, the rows' order")
    epochs: int = Field(30, ge=1, le=10_000, description="passes over the training rows")
    checkpoint_every: int = Field(5, ge=1, description="epochs from one checkpoint to the next")
    learning_rate: float = Field(0.003, gt=0, le=1, description="step size of the Adam optimiser")
    batch_size: int = Field(32, ge=1, le=65_536, description="rows in a step, those of all workers together")
    hidden_units: int = Field(32, ge=1, le=4096, description="width of the two hidden layers")


class Learner:
    """A network and the Adam optimiser that fits it: what a checkpoint holds."""

    def __init__(self, columns: int, n_classes: int, settings: Hyperparameters, strategy: tf.distribute.Strategy):
        """Start from random weights, the same for the same seed."""
        # On a GPU the layers compute in 16 bits, with the loss scaled to suit; weights and losses stay in 32.
        on_gpu = bool(tf.config.list_physical_devices("GPU"))
        self.network = _network(columns, n_classes, settings, "mixed_float16" if on_gpu else "float32")
        adam = optimizers.Adam(settings.learning_rate)
        self.optimizer = optimizers.LossScaleOptimizer(adam) if on_gpu else adam
        self.optimizer.build(self.network.trainable_variables)
        self.state = [*self.network.variables, *self.optimizer.variables]
        cross_entropy = losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
        self.loss = cross_entropy if n_classes else losses.MeanSquaredError(reduction=None)  # of each row
        self.strategy = strategy

    @tf.function(reduce_retracing=True)
    def step(self, inputs: tf.Tensor, targets: tf.Tensor, all_rows: tf.Tensor) -> tf.Tensor:
        """Step down the mean loss of `all_rows` rows, those of all workers; give the summed loss of this one's."""
        gradients, loss = self.strategy.run(self._gradients, args=(inputs, targets, all_rows))
        self.optimizer.apply(gradients, self.network.trainable_variables)
        return loss

    def _gradients(self, inputs: tf.Tensor, targets: tf.Tensor, all_rows: tf.Tensor) -> tuple[list, tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = ops.sum(self.loss(targets, self.network(inputs, training=True)))
            scaled = self.optimizer.scale_loss(loss / all_rows)
        gradients = tape.gradient(scaled, self.network.trainable_variables)
        return tf.distribute.get_replica_context().all_reduce("SUM", gradients), loss

    def write(self, folder: Path) -> None:
        """Write the state into the folder: arrays alone, nothing pickled."""
        np.savez(folder / "state.npz", *(variable.numpy() for variable in self.state))

    def read(self, folder: Path) -> None:
        """Go on from the state in the folder."""
        with np.load(folder / "state.npz", allow_pickle=False) as values:
            for number, variable in enumerate(self.state):
                variable.assign(values[f"arr_{number}"])


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> keras.Model:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values. Of several workers, each has its share of the rows.
        validation: the same, to watch while fitting; all workers have the same rows.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        run: reports figures, keeps checkpoints and knows the other workers.
    """
    with joined(run) as strategy:
        keras.utils.clear_session()  # layers' names count from 0: the saved bytes depend on no model made before
        keras.utils.set_random_seed(settings.seed)  # all workers start from the same weights
        columns = training.features.shape[1]
        standardiser = _standardiser(*_scale(training.features, run))
        mean, deviation = (np.zeros(1), np.ones(1)) if n_classes else _scale(training.targets[:, np.newaxis], run)

        def prepared(dataset) -> tuple[np.ndarray, np.ndarray]:
            targets = (dataset.targets[:, np.newaxis] - mean) / deviation
            return _call(standardiser, dataset.features), targets.astype(np.float32)

        learner = Learner(columns, n_classes, settings, strategy)
        _train(learner, prepared(training), prepared(validation), deviation.item() ** 2, settings, run)

    network = _network(columns, n_classes, settings, "float32")
    network.set_weights(learner.network.get_weights())
    last = layers.Softmax() if n_classes else layers.Rescaling(deviation, mean, dtype="float64")
    return keras.Model(standardiser.input, last(network(standardiser.output)))


def save(model: keras.Model, folder: Path) -> None:
    """Write the model into the folder in Keras' own format; there is no code in it, for no layer is a Lambda."""
    path = folder / "model.keras"
    model.save(path)
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    # Keras writes dates and addresses in memory; without them, equal models are equal bytes.
    members["metadata.json"] = json.dumps({"keras_version": keras.__version__}).encode()
    numbers = defaultdict(lambda: b"%d" % len(numbers))
    members["config.json"] = SHARED_OBJECT.sub(lambda found: numbers[found[0]], members["config.json"])
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(ZipInfo(name), content)


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


def _train(learner: Learner, training, validation, unit: float, settings: Hyperparameters, run) -> None:
    """Pass over the training rows; `training` and `validation` are inputs and targets, standardised.

    All workers make as many steps as the one with the most rows; one that has run out adds no gradients.
    """
    (inputs, targets), (held_inputs, held_targets) = training, validation
    resumed = run.resume()
    if resumed:
        learner.read(resumed.folder)
    shares = np.array(run.gather(len(inputs)))
    at_once = max(settings.batch_size // run.size, 1)
    for epoch in range(resumed.done + 1 if resumed else 1, settings.epochs + 1):
        order = np.random.default_rng([settings.seed, epoch]).permutation(len(inputs))
        total = 0.0
        for start in range(0, shares.max(), at_once):
            rows = order[start : start + at_once]
            of_all = np.clip(shares - start, 0, at_once).sum(dtype=np.float32)
            total += float(learner.step(inputs[rows], targets[rows], of_all))
        train_loss = run.sum(np.array([total])).item() / shares.sum().item()
        validation_loss = float(ops.mean(learner.loss(held_targets, _call(learner.network, held_inputs))))
        run.report(epoch=epoch, train_loss=unit * train_loss, validation_loss=unit * validation_loss)
        run.checkpoint(epoch, learner.write)


def _network(columns: int, n_classes: int, settings: Hyperparameters, dtype: str) -> keras.Sequential:
    hidden = [layers.Dense(settings.hidden_units, activation="relu", dtype=dtype) for _ in range(2)]
    return keras.Sequential([keras.Input((columns,)), *hidden, layers.Dense(n_classes or 1, dtype=dtype)])


def _standardiser(mean: np.ndarray, deviation: np.ndarray) -> keras.Model:
    """Make the first layers: standardised columns, with 0 (the column's mean) for a missing value."""
    # In 64 bits: a column of large numbers close together, such as timestamps, would lose its digits in 32.
    columns = keras.Input((len(mean),), dtype="float64")
    standard = layers.Rescaling(1 / deviation, -mean / deviation, dtype="float64")(columns)
    return keras.Model(columns, ops.cast(ops.clip(ops.nan_to_num(standard), -10, 10), "float32"))


def _scale(values: np.ndarray, run) -> tuple[np.ndarray, np.ndarray]:
    """Give each column's mean and standard deviation over all workers' rows; missing values are left out."""
    known = np.isfinite(values)
    count = np.maximum(run.sum(known.sum(axis=0)), 1)
    mean = run.sum(np.where(known, values, 0).sum(axis=0)) / count
    # The squares only now: their sum less the squared mean would lose the digits of large numbers.
    deviation = np.sqrt(run.sum(np.square(np.where(known, values - mean, 0)).sum(axis=0)) / count)
    constant = deviation <= 1e-12 * np.abs(mean)  # above 0 by rounding alone
    return mean, np.where(constant, 1, deviation)
