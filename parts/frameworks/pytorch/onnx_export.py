"""The fitted network as ONNX, by PyTorch's own exporter."""

import io
import warnings

import torch
from torch import nn

OPSET = 20


class Predictor(nn.Module):
    """A network with what `predict` of model.py does behind it."""

    def __init__(self, network: nn.Module, outputs: int) -> None:
        """Take the fitted network; one output means a regression."""
        super().__init__()
        self.network = network
        self.has_classes = outputs > 1

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Give class probabilities, or values as one column."""
        outputs = self.network(features)
        if self.has_classes:
            return outputs.softmax(dim=1)
        return outputs * self.network.target_deviation + self.network.target_mean


def export(model: nn.Module, columns: int) -> bytes:
    """Give the network in ONNX: `features`, float64 (rows, columns), to class probabilities or values.

    Raises:
        Exception: PyTorch's own, for an operation that ONNX does not have.
    """
    content = io.BytesIO()
    example = torch.zeros(2, columns, dtype=torch.float64)
    with warnings.catch_warnings():
        # The newer exporter would take 15 seconds in place of half a second, and more libraries.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            Predictor(model, model(example).shape[1]).eval(),
            (example,),
            content,
            dynamo=False,
            opset_version=OPSET,
            input_names=["features"],
            output_names=["predictions"],
            dynamic_axes={"features": {0: "rows"}, "predictions": {0: "rows"}},
        )
    return content.getvalue()
