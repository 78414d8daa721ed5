"""The fitted network as ONNX, converted by tf2onnx."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import onnx

OPSET = 18  # the latest that tf2onnx knows


def export(model: keras.Model, columns: int) -> bytes:
    """Give the network in ONNX: `features`, float64 (rows, columns), to class probabilities or values.

    Raises:
        RuntimeError: tf2onnx cannot convert the network; says why.
    """
    if model.input_shape != (None, columns):
        raise RuntimeError(f"the network takes rows of {model.input_shape[1:]}, and the data has {columns} columns")
    with TemporaryDirectory() as folder:
        model.export(Path(folder) / "saved", verbose=False)
        # With fixed hashes, and by a relative path, which it writes down, most of the bytes are the same each time.
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tf2onnx.convert", "--saved-model", "saved", "--output", "model.onnx"),
                *("--opset", str(OPSET), "--rename-inputs", "features", "--rename-outputs", "predictions"),
            ],
            cwd=folder,
            env=os.environ | {"PYTHONHASHSEED": "0", "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"tf2onnx cannot convert the network: {done.stderr.strip().splitlines()[-1]}")
        return _numbered(onnx.load(Path(folder) / "model.onnx")).SerializeToString(deterministic=True)


def _numbered(model: onnx.ModelProto) -> onnx.ModelProto:
    """Number the values, some of which TensorFlow names by chance: equal networks are then equal bytes."""
    graph = model.graph
    if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
        return model  # a loop's body may name values of the graph around it
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
    for node in graph.node:
        node.name = ""
        for values in (node.input, node.output):
            values[:] = [name and names.setdefault(name, f"value{len(names)}") for name in values]
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]
    graph.initializer.sort(key=lambda tensor: tensor.name)
    del graph.value_info[:]
    return model
