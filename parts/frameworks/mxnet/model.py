"""The model: a small neural network in MXNet's Gluon. Yours to change; nothing here knows SageMaker."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon
from mxnet.gluon import nn
from pydantic import BaseModel, Field
from safetensors.numpy import load_file, save_file

FRAMEWORK = "mxnet"  # its version goes into model.json
ROWS_AT_ONCE = 16_384  # in predictions, so that a large request needs little memory
SCALES = ("mean", "deviation", "target_mean", "target_deviation")


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**31, description="chooses the rows held out, the first weights, the rows' order")
    epochs: int = Field(30, ge=1, le=10_000, description="passes over the training rows")
    checkpoint_every: int = Field(5, ge=1, description="epochs from one checkpoint to the next")
    learning_rate: float = Field(0.003, gt=0, le=1, description="step size of the Adam optimiser")
    batch_size: int = Field(32, ge=1, le=65_536, description="rows in a step")
    hidden_units: int = Field(32, ge=1, le=4096, description="width of the two hidden layers")


class Network:
    """Two hidden layers, with the scales of the columns and of the target."""

    def __init__(self, columns: int, hidden_units: int, outputs: int) -> None:
        """Start from random weights; one output means a regression."""
        self.mean, self.deviation = np.zeros(columns), np.ones(columns)
        self.target_mean, self.target_deviation = np.zeros(1), np.ones(1)
        self.layers = nn.Sequential()
        self.layers.add(
            nn.Dense(hidden_units, activation="relu", in_units=columns),
            nn.Dense(hidden_units, activation="relu", in_units=hidden_units),
            nn.Dense(outputs, in_units=hidden_units),
        )
        # A GPU computes in 32 bits as well: in 16, small gradients would vanish.
        self.device = mx.gpu() if mx.context.num_gpus() else mx.cpu()
        self.layers.initialize(mx.init.Xavier(), ctx=self.device)

    def weights(self) -> Iterator[tuple[str, gluon.Parameter]]:
        """Give the parameters of each layer; Gluon's own names for them count all networks of a process."""
        for number, layer in enumerate(self.layers):
            yield f"weight{number}", layer.weight
            yield f"bias{number}", layer.bias

    def standardised(self, features: np.ndarray) -> mx.nd.NDArray:
        """Give the columns in standard deviations from their means; a missing value counts as the mean."""
        # In 64 bits: a column of large numbers close together, such as timestamps, would lose its digits in 32.
        standard = (features - self.mean) / self.deviation
        return mx.nd.array(np.nan_to_num(standard).clip(-10, 10), ctx=self.device)  # in 32 bits


class Adam:
    """The Adam optimiser of a network, with a state that can be saved; Gluon's trainer pickles its own."""

    def __init__(self, network: Network, learning_rate: float) -> None:
        """Start with no steps done."""
        self.weights = dict(network.weights())
        self.rule = mx.optimizer.Adam(learning_rate)
        self.moments = {name: self.rule.create_state(name, value.data()) for name, value in self.weights.items()}

    def step(self) -> None:
        """Change the weights by their gradients."""
        for name, value in self.weights.items():
            self.rule.update(name, value.data(), value.grad(), self.moments[name])

    def write(self, folder: Path) -> None:
        """Write the weights, their moments and the number of steps into the folder."""
        state = {"steps": np.array([self.rule.num_update])}
        for name, value in self.weights.items():
            mean, variance = (moment.asnumpy() for moment in self.moments[name])
            state |= {name: value.data().asnumpy(), f"{name}.mean": mean, f"{name}.variance": variance}
        save_file(state, folder / "state.safetensors")

    def read(self, folder: Path) -> None:
        """Go on from the state in the folder; only before the first step."""
        state = load_file(folder / "state.safetensors")
        self.rule.num_update = self.rule.begin_num_update = state["steps"].item()
        for name, value in self.weights.items():
            value.set_data(mx.nd.array(state[name]))
            for moment, kind in zip(self.moments[name], ("mean", "variance"), strict=True):
                moment[:] = state[f"{name}.{kind}"]


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> Network:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        run: reports figures and keeps checkpoints.
    """
    mx.random.seed(settings.seed)
    network = Network(training.features.shape[1], settings.hidden_units, n_classes or 1)
    network.mean, network.deviation = _scale(training.features)
    if n_classes:
        loss_of = gluon.loss.SoftmaxCrossEntropyLoss()
    else:
        loss_of = gluon.loss.L2Loss(weight=2)  # Gluon halves the squared error
        network.target_mean, network.target_deviation = _scale(training.targets[:, np.newaxis])
    unit = network.target_deviation.item() ** 2

    def mean_loss(dataset, rows: np.ndarray | slice) -> mx.nd.NDArray:
        targets = (dataset.targets[rows] - network.target_mean) / network.target_deviation
        outputs = network.layers(network.standardised(dataset.features[rows]))
        return loss_of(outputs, mx.nd.array(targets, ctx=network.device)).mean()

    adam = Adam(network, settings.learning_rate)
    resumed = run.resume()
    if resumed:
        adam.read(resumed.folder)
    for epoch in range(resumed.done + 1 if resumed else 1, settings.epochs + 1):
        total, shuffled = 0.0, np.random.default_rng([settings.seed, epoch]).permutation(len(training))
        for start in range(0, len(shuffled), settings.batch_size):
            batch = shuffled[start : start + settings.batch_size]
            with autograd.record():
                loss = mean_loss(training, batch)
            loss.backward()
            adam.step()
            total += loss.asscalar().item() * len(batch)
        held_out = mean_loss(validation, slice(None)).asscalar().item()
        run.report(epoch=epoch, train_loss=unit * total / len(training), validation_loss=unit * held_out)
        run.checkpoint(epoch, adam.write)
    return network


def save(model: Network, folder: Path) -> None:
    """Write the model into the folder; safetensors stores no code, unlike pickle."""
    scales = {name: getattr(model, name) for name in SCALES}
    save_file(scales | {name: value.data().asnumpy() for name, value in model.weights()}, folder / "model.safetensors")


def load(folder: Path) -> Network:
    """Read the model from the folder; the sizes of the layers follow from the tensors."""
    tensors = load_file(folder / "model.safetensors")
    hidden_units, columns = tensors["weight0"].shape
    network = Network(columns, hidden_units, len(tensors["bias2"]))
    for name in SCALES:
        setattr(network, name, tensors[name])
    for name, value in network.weights():
        value.set_data(mx.nd.array(tensors[name]))
    return network


def predict(model: Network, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    parts = np.array_split(features, len(features) // ROWS_AT_ONCE + 1)
    outputs = np.concatenate([model.layers(model.standardised(rows)).asnumpy() for rows in parts])
    if outputs.shape[1] > 1:
        return mx.nd.softmax(mx.nd.array(outputs)).asnumpy()
    return outputs[:, 0] * model.target_deviation + model.target_mean


def _scale(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give each column's mean and standard deviation, missing values left out."""
    known = np.ma.masked_invalid(columns)
    mean, deviation = known.mean(axis=0).filled(0), known.std(axis=0).filled(0)
    constant = deviation <= 1e-12 * np.abs(mean)  # above 0 by rounding alone
    return mean, np.where(constant, 1, deviation)
