"""The images of every pattern and framework that the tests build."""

# The images that CI builds: a name, the Python of the base, and the answers.
IMAGES = {
    "c-sklearn": ("3.11", {}),
    "c-toolkit": (
        "3.11",
        {"pattern": "toolkit_on_own_image", "web_framework": "toolkit", "combined_image": True},
    ),
    "c-extended": ("3.11", {"pattern": "extend_aws_image", "web_framework": "toolkit", "combined_image": True}),
    "c-xgboost": ("3.13", {"framework": "xgboost", "web_framework": "flask", "combined_image": True}),
    "c-pytorch": ("3.11", {"framework": "pytorch", "combined_image": True}),
    "c-onnx": ("3.13", {"model_format": "onnx", "web_framework": "flask"}),
    "c-nonroot": ("3.13", {"purpose": "serve", "web_framework": "flask", "nonroot_serving": True}),
}
# What make test-all builds besides: the other frameworks, also under each pattern, and the other faces of each.
OTHER_IMAGES = {
    "c-lightgbm": ("3.13", {"framework": "lightgbm", "package_manager": "pip", "combined_image": True}),
    "c-tensorflow": ("3.13", {"framework": "tensorflow", "combined_image": True}),
    "c-mxnet": ("3.11", {"framework": "mxnet", "web_framework": "flask", "combined_image": True}),
    "c-extended-pytorch": (
        "3.11",
        {"pattern": "extend_aws_image", "framework": "pytorch", "web_framework": "flask", "combined_image": True},
    ),
    "c-huggingface": ("3.11", {"framework": "huggingface", "combined_image": True}),
    "f-sklearn": (
        "3.13",
        {"web_framework": "flask", "package_manager": "poetry", "combined_image": True, "multi_model": True},
    ),
    "f-toolkit-xgboost": ("3.13", {"pattern": "toolkit_on_own_image", "framework": "xgboost"}),
    "f-toolkit-lightgbm": (
        "3.11",
        {
            "pattern": "toolkit_on_own_image",
            "framework": "lightgbm",
            "web_framework": "toolkit",
            "nonroot_serving": True,
        },
    ),
    "f-toolkit-pytorch": (
        "3.11",
        {"pattern": "toolkit_on_own_image", "framework": "pytorch", "web_framework": "flask", "combined_image": True},
    ),
    "f-toolkit-tensorflow": (
        "3.13",
        {
            "pattern": "toolkit_on_own_image",
            "framework": "tensorflow",
            "web_framework": "flask",
            "combined_image": True,
        },
    ),
    "f-toolkit-mxnet": ("3.11", {"pattern": "toolkit_on_own_image", "framework": "mxnet", "combined_image": True}),
    "f-onnx-xgboost": ("3.11", {"model_format": "onnx", "framework": "xgboost", "package_manager": "pip"}),
    "f-onnx-pytorch": (
        "3.11",
        {"model_format": "onnx", "framework": "pytorch", "pattern": "toolkit_on_own_image", "web_framework": "toolkit"},
    ),
    "f-onnx-serve": (
        "3.13",
        {"model_format": "onnx", "framework": "lightgbm", "purpose": "serve", "nonroot_serving": True},
    ),
    "f-onnx-extended": (
        "3.11",
        {"model_format": "onnx", "framework": "tensorflow", "pattern": "extend_aws_image", "combined_image": True},
    ),
    "f-extended-xgboost": (
        "3.11",
        {"pattern": "extend_aws_image", "framework": "xgboost", "web_framework": "toolkit", "combined_image": True},
    ),
    "f-extended-lightgbm": ("3.11", {"pattern": "extend_aws_image", "framework": "lightgbm", "combined_image": True}),
    "f-extended-pytorch": (
        "3.11",
        {"pattern": "extend_aws_image", "framework": "pytorch", "web_framework": "toolkit", "nonroot_serving": True},
    ),
    "f-extended-tensorflow": (
        "3.11",
        {"pattern": "extend_aws_image", "framework": "tensorflow", "combined_image": True},
    ),
}
ALL_IMAGES = IMAGES | OTHER_IMAGES
