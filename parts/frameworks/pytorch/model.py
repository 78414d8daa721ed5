"""The model: a small neural network in PyTorch. Yours to change; nothing here knows SageMaker."""

import math
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, Field
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .cluster import joined

FRAMEWORK = "torch"  # model.json names its version
ADAM = "adam.safetensors"
ROWS_AT_ONCE = 16_384  # in predictions, so that a large request needs little memory


class Hyperparameters(BaseModel, allow_inf_nan=False):
    """What a training job may set; a default for each, so that a job that sets nothing runs."""

    target: str | None = Field(None, description="name of the label column; the last column by default")
    task: Literal["classification", "regression"] | None = Field(None, description="by the target's type by default")
    seed: int = Field(0, ge=0, lt=2**32, description="chooses the rows held out, the first weights, the rows' order")
    epochs: int = Field(30, ge=1, le=10_000, description="passes over the training rows")
    checkpoint_every: int = Field(5, ge=1, description="epochs between two checkpoints")
    learning_rate: float = Field(0.003, gt=0, le=1, description="step size of the Adam optimiser")
    batch_size: int = Field(32, ge=1, le=65_536, description="rows in a step")
    hidden_units: int = Field(32, ge=1, le=4096, description="width of the two hidden layers")


class Network(nn.Module):
    """Two hidden layers, with the scales of the columns and of the target."""

    def __init__(self, columns: int, hidden_units: int, outputs: int) -> None:
        """Start from random weights; one output means a regression."""
        super().__init__()
        # In 64 bits: a column of large numbers close together, such as timestamps, would lose its digits in 32.
        for name, size in {"mean": columns, "deviation": columns, "target_mean": 1, "target_deviation": 1}.items():
            self.register_buffer(name, torch.zeros(size, dtype=torch.float64))
        self.layers = nn.Sequential(
            nn.Linear(columns, hidden_units),
            nn.ReLU(),
            nn.Linear(hidden_units, hidden_units),
            nn.ReLU(),
            nn.Linear(hidden_units, outputs),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Give the logits of the classes, or the standardised value; a missing feature counts as the column's mean."""
        standard = ((features - self.mean) / self.deviation).nan_to_num(0).clamp(-10, 10)
        return self.layers(standard.float())

    def loss(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Give the log loss, or the mean squared error of standardised values."""
        if outputs.shape[1] > 1:
            return nn.functional.cross_entropy(outputs, targets)
        return nn.functional.mse_loss(outputs[:, 0], ((targets - self.target_mean) / self.target_deviation).float())


def fit(training, validation, n_classes: int, settings: Hyperparameters, run) -> Network:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values. Of several workers, each has its share of the rows.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters; `batch_size` counts the rows of all workers.
        run: the job around the fit: its figures, its checkpoints, its other workers.
    """
    torch.manual_seed(settings.seed)
    network = Network(training.features.shape[1], settings.hidden_units, n_classes or 1)
    network.mean, network.deviation = _scale(training.features, run)
    if not n_classes:
        network.target_mean, network.target_deviation = _scale(training.targets[:, np.newaxis], run)
    unit = 1.0 if n_classes else network.target_deviation.item() ** 2
    batch_size = max(1, settings.batch_size // run.size)
    # As many steps on every worker, or one would wait for the others; who has fewer rows takes some of them twice.
    rows = math.ceil(max(run.gather(len(training))) / batch_size) * batch_size if run.size > 1 else len(training)
    with joined(run) as (device, with_others):
        network.to(device)
        optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
        done = 0
        if resumed := run.resume():
            done = resumed.done
            _restore(network, optimiser, resumed.folder)
        shared = with_others(network)
        data, (features, targets) = _tensors(training), (tensor.to(device) for tensor in _tensors(validation))
        for epoch in range(done + 1, settings.epochs + 1):
            order = np.resize(np.random.default_rng([settings.seed, epoch]).permutation(len(training)), rows)
            batches = torch.from_numpy(order).split(batch_size)
            total = 0.0
            for batch in DataLoader(TensorDataset(*data), None, sampler=batches, pin_memory=device.type == "cuda"):
                inputs, labels = (tensor.to(device, non_blocking=True) for tensor in batch)
                with torch.autocast(device.type, torch.bfloat16, enabled=_is_fast_in_16_bits(device)):
                    loss = network.loss(shared(inputs), labels)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                total += loss.item() * len(labels)
            with torch.inference_mode():
                held_out = network.loss(network(features), targets).item()
            fitted = run.sum([total])[0] / run.sum([rows])[0]
            run.report(epoch=epoch, train_loss=unit * fitted, validation_loss=unit * held_out)
            run.checkpoint(epoch, partial(_keep, network, optimiser))
    return network.cpu().eval()


def save(model: Network, folder: Path) -> None:
    """Write the model into the folder; safetensors stores no code, unlike pickle."""
    save_file(model.state_dict(), folder / "model.safetensors")


def load(folder: Path) -> Network:
    """Read the model from the folder; the sizes of the layers follow from the tensors."""
    tensors = load_file(folder / "model.safetensors")
    hidden_units, columns = tensors["layers.0.weight"].shape
    network = Network(columns, hidden_units, len(tensors["layers.4.bias"]))
    network.load_state_dict(tensors)
    return network.eval()


@torch.inference_mode()
def predict(model: Network, features: np.ndarray) -> np.ndarray:
    """Give class probabilities, shape (rows, classes), or values, shape (rows,)."""
    parts = np.array_split(features, len(features) // ROWS_AT_ONCE + 1)
    outputs = torch.cat([model(torch.tensor(rows)) for rows in parts])
    if outputs.shape[1] > 1:
        return outputs.softmax(dim=1).numpy()
    return (outputs[:, 0] * model.target_deviation + model.target_mean).numpy()


def _tensors(dataset) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(dataset.features), torch.tensor(dataset.targets)


def _is_fast_in_16_bits(device: torch.device) -> bool:
    return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)


def _keep(network: Network, optimiser: torch.optim.Optimizer, folder: Path) -> None:
    """Write the state of the fit into a checkpoint's folder."""
    save_file(network.state_dict(), folder / "network.safetensors")
    state = optimiser.state_dict()["state"]
    save_file({f"{index}.{name}": value for index in state for name, value in state[index].items()}, folder / ADAM)


def _restore(network: Network, optimiser: torch.optim.Optimizer, folder: Path) -> None:
    """Read the state of the fit from a checkpoint's folder."""
    network.load_state_dict(load_file(folder / "network.safetensors"))
    state = optimiser.state_dict() | {"state": defaultdict(dict)}
    for key, value in load_file(folder / ADAM).items():
        index, _, name = key.partition(".")
        state["state"][int(index)][name] = value
    optimiser.load_state_dict(state)


def _scale(columns: np.ndarray, run) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the mean and standard deviation of each column over all workers' rows, missing values left out."""
    known = np.ma.masked_invalid(columns)
    count = np.maximum(run.sum(known.count(axis=0)), 1)
    mean = run.sum(known.sum(axis=0).filled(0)) / count
    deviation = np.sqrt(run.sum(((known - mean) ** 2).sum(axis=0).filled(0)) / count)
    constant = deviation <= 1e-12 * np.abs(mean)  # above 0 by rounding alone
    return torch.tensor(mean), torch.tensor(np.where(constant, 1, deviation))
