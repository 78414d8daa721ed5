"""The fitted pipeline as ONNX, converted by skl2onnx."""

from typing import Any

import numpy as np
from skl2onnx import convert_sklearn
from skl2onnx.algebra.onnx_ops import OnnxIsNaN, OnnxWhere
from skl2onnx.common.data_types import DoubleTensorType
from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs
from sklearn.base import is_classifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline

OPSET = 20


def export(model: Pipeline, columns: int) -> bytes:
    """Give the pipeline in ONNX: `features`, (rows, columns), to class probabilities or values, all in 64 bits.

    In 32 bits, scaling a column of large numbers close together would lose its digits.

    Raises:
        Exception: skl2onnx's own, for an estimator that it cannot convert.
    """
    converted = convert_sklearn(
        model,
        "model",
        [("features", DoubleTensorType([None, columns]))],
        target_opset={"": OPSET, "ai.onnx.ml": 3},
        options={"zipmap": False} if is_classifier(model) else None,
        custom_shape_calculators={SimpleImputer: _imputed_shape},
        custom_conversion_functions={SimpleImputer: _impute},
    )
    output = "probabilities" if is_classifier(model) else converted.graph.output[0].name
    selected = select_model_inputs_outputs(converted, output)
    selected.opset_import.sort(key=lambda versions: versions.domain)  # which stand in a set's order
    return selected.SerializeToString(deterministic=True)


def _imputed_shape(operator: Any) -> None:
    operator.outputs[0].type = DoubleTensorType([None, len(operator.raw_operator.statistics_)])


def _impute(scope: Any, operator: Any, container: Any) -> None:
    """Fill missing values by operators that have a 64-bit form; the one that skl2onnx chooses has none."""
    rows, known = operator.inputs[0], operator.raw_operator.statistics_[np.newaxis]
    is_missing = OnnxIsNaN(rows, op_version=OPSET)
    OnnxWhere(is_missing, known, rows, op_version=OPSET, output_names=operator.outputs).add_to(scope, container)
