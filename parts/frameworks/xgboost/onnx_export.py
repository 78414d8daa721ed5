"""The fitted trees as ONNX, converted by onnxmltools."""

import json

import onnx
import xgboost
from onnx import TensorProto, helper
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

OPSET = 20
LINKS = {"multi:softprob": "Softmax", "reg:squarederror": "Identity"}  # from the trees' sums to a prediction


def export(model: xgboost.Booster, columns: int) -> bytes:
    """Give the trees in ONNX: `features`, (rows, columns), to class probabilities or values, in 32 bits as in XGBoost.

    Raises:
        ValueError: the objective is none of LINKS.
        Exception: onnxmltools' own, for trees that it cannot convert.
    """
    learner = json.loads(model.save_config())["learner"]
    objective, outputs = learner["objective"]["name"], int(learner["learner_model_param"]["num_class"]) or 1
    if objective not in LINKS:
        raise ValueError(f"onnx_export.py knows no objective {objective!r}, only {', '.join(LINKS)}")
    renamed = xgboost.Booster(model_file=model.save_raw())
    renamed.feature_names = None  # onnxmltools takes numbers alone
    converted = convert_xgboost(renamed, initial_types=[("features", FloatTensorType([None, columns]))])
    graph = helper.make_graph(
        [_sums(converted.graph.node[0], outputs), helper.make_node(LINKS[objective], ["sums"], ["predictions"])],
        "model",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", columns])],
        [helper.make_tensor_value_info("predictions", TensorProto.FLOAT, ["rows", outputs])],
    )
    versions = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", 3)]
    made = helper.make_model(graph, opset_imports=versions, ir_version=10)
    onnx.checker.check_model(made)
    return made.SerializeToString(deterministic=True)


def _sums(trees: onnx.NodeProto, outputs: int) -> onnx.NodeProto:
    """Make the trees give their sums alone: onnxruntime mistakes two classes with a bias each for a logistic one."""
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in trees.attribute}
    weights = "class" if "class_ids" in given else "target"
    kept = {name: value for name, value in given.items() if name.startswith("nodes_") or name == "base_values"}
    for name in ("ids", "nodeids", "treeids", "weights"):
        kept[f"target_{name}"] = given[f"{weights}_{name}"]
    return helper.make_node(
        "TreeEnsembleRegressor", ["features"], ["sums"], domain="ai.onnx.ml", n_targets=outputs, **kept
    )
