"""The fitted trees as ONNX, converted by onnxmltools."""

from typing import Any

import lightgbm
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

OPSET = 20
LINKS = {"multiclass": "Softmax", "regression": "Identity"}  # from the trees' sums to a prediction


def export(model: lightgbm.Booster, columns: int) -> bytes:
    """Give the trees in ONNX: `features`, (rows, columns), to class probabilities or values, split in 64 bits.

    Raises:
        ValueError: the objective is none of LINKS.
        Exception: onnxmltools' own, for trees that it cannot convert.
    """
    dumped = model.dump_model()
    objective, outputs = dumped["objective"].split()[0], dumped["num_tree_per_iteration"]
    if objective not in LINKS:
        raise ValueError(f"onnx_export.py knows no objective {objective!r}, only {', '.join(LINKS)}")
    converted = convert_lightgbm(model, initial_types=[("features", FloatTensorType([None, columns]))], zipmap=False)
    [trees] = [node for node in converted.graph.node if node.op_type.startswith("TreeEnsemble")]
    graph = helper.make_graph(
        [_sums(trees, dumped, outputs), helper.make_node(LINKS[objective], ["sums"], ["predictions"])],
        "model",
        [helper.make_tensor_value_info("features", TensorProto.DOUBLE, ["rows", columns])],
        [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, ["rows", outputs])],
    )
    versions = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=versions, ir_version=10)
    onnx.checker.check_model(made)
    return made.SerializeToString(deterministic=True)


def _sums(trees: onnx.NodeProto, dumped: dict[str, Any], outputs: int) -> onnx.NodeProto:
    """Make the trees give their sums, with LightGBM's own 64-bit numbers in place of onnxmltools' 32-bit ones.

    Rounded to 32 bits, the splits of a column of large numbers close together would be at other rows.
    """
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in trees.attribute}
    weights = "class" if "class_ids" in given else "target"
    numbers = _numbers(given, dumped)
    nodes = zip(given["nodes_treeids"], given["nodes_nodeids"], given["nodes_modes"], strict=True)
    leaves = zip(given[f"{weights}_treeids"], given[f"{weights}_nodeids"], strict=True)
    thresholds = np.array([0.0 if mode == b"LEAF" else numbers[tree, node] for tree, node, mode in nodes])
    values = np.array([numbers[leaf] for leaf in leaves])
    kept = {name: given[name] for name in given if name.startswith("nodes_") and name != "nodes_values"}
    for name in ("ids", "nodeids", "treeids"):
        kept[f"target_{name}"] = given[f"{weights}_{name}"]
    kept["nodes_values_as_tensor"] = numpy_helper.from_array(thresholds)
    kept["target_weights_as_tensor"] = numpy_helper.from_array(values)
    return helper.make_node(
        "TreeEnsembleRegressor", ["features"], ["sums"], domain="ai.onnx.ml", n_targets=outputs, **kept
    )


def _numbers(given: dict[str, Any], dumped: dict[str, Any]) -> dict[tuple[int, int], float]:
    """Give the threshold or the value of each node, by the numbers that onnxmltools gave its tree and itself."""
    ids = zip(given["nodes_treeids"], given["nodes_nodeids"], strict=True)
    children = zip(given["nodes_truenodeids"], given["nodes_falsenodeids"], strict=True)
    below = dict(zip(ids, children, strict=True))
    numbers = {}
    for tree, root in enumerate(dumped["tree_info"]):
        ahead = [(0, root["tree_structure"])]
        while ahead:
            node, told = ahead.pop()
            if "threshold" in told:
                numbers[tree, node] = told["threshold"]
                ahead += zip(below[tree, node], (told["left_child"], told["right_child"]), strict=True)
            else:
                numbers[tree, node] = told["leaf_value"]
    return numbers
