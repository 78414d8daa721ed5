"""The model: a small neural network in PyTorch. Yours to change; nothing here knows SageMaker."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, Field
from safetensors.torch import load_file, save_file
from torch import nn

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

    def loss(self, features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Give the log loss, or the mean squared error of standardised values."""
        outputs = self(features)
        if outputs.shape[1] > 1:
            return nn.functional.cross_entropy(outputs, targets)
        return nn.functional.mse_loss(outputs[:, 0], ((targets - self.target_mean) / self.target_deviation).float())


def fit(training, validation, n_classes: int, settings: Hyperparameters, report: Callable[..., None]) -> Network:
    """Fit on `training`.

    Args:
        training: `features`, float64 (rows, columns), NaN where a value is missing;
            `targets`, class numbers from 0, or values.
        validation: the same, to watch while fitting.
        n_classes: number of classes; 0 for a regression.
        settings: the hyperparameters.
        report: prints figures for the log, such as `report(epoch=1, train_loss=0.5)`.
    """
    torch.manual_seed(settings.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = Network(training.features.shape[1], settings.hidden_units, n_classes or 1)
    network.mean, network.deviation = _scale(training.features)
    if not n_classes:
        network.target_mean, network.target_deviation = _scale(training.targets[:, np.newaxis])
    network.to(device)
    unit = 1.0 if n_classes else network.target_deviation.item() ** 2
    optimiser = torch.optim.Adam(network.parameters(), settings.learning_rate)
    features, targets = torch.tensor(training.features), torch.tensor(training.targets)
    for epoch in range(1, settings.epochs + 1):
        total = 0.0
        for batch in torch.randperm(len(training)).split(settings.batch_size):
            loss = network.loss(features[batch].to(device), targets[batch].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        with torch.inference_mode():
            held_out = network.loss(
                torch.tensor(validation.features, device=device), torch.tensor(validation.targets, device=device)
            )
        report(epoch=epoch, train_loss=unit * total / len(training), validation_loss=unit * held_out.item())
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


def _scale(columns: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Give each column's mean and standard deviation, missing values left out."""
    known = np.ma.masked_invalid(columns)
    mean, deviation = known.mean(axis=0).filled(0), known.std(axis=0).filled(0)
    constant = deviation <= 1e-12 * np.abs(mean)  # above 0 by rounding alone
    return torch.tensor(mean), torch.tensor(np.where(constant, 1, deviation))
