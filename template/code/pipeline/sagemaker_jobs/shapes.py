"""Whether a request has the shape that AWS takes, by the service models of botocore: no network, no credentials.

botocore's own validator looks at names, types and least lengths. The models say more, which is looked at here:
values of enumerations, greatest lengths, patterns.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.validate import ParamValidator

SIZED = ("string", "list", "map")


@cache
def service(name: str) -> ServiceModel:
    """Give the model of a service, by its name in boto3."""
    return ServiceModel(Loader().load_service_model(name, "service-2"), name)


def operation(name: str, service_name: str = "sagemaker") -> OperationModel:
    """Give the model of an operation, such as CreateModel."""
    return service(service_name).operation_model(name)


def problems(operation_name: str, request: dict[str, Any], service_name: str = "sagemaker") -> list[str]:
    """Name what is wrong with a request; nothing where it has the right shape."""
    shape = operation(operation_name, service_name).input_shape
    report = ParamValidator().validate(request, shape)
    return [line for line in report.generate_report().splitlines() if line] or list(_beyond(shape, request, ""))


def _beyond(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, part in value.items():
            yield from _beyond(shape.members[name], part, f"{where}.{name}".removeprefix("."))
    elif shape.type_name == "list":
        for number, part in enumerate(value):
            yield from _beyond(shape.member, part, f"{where}[{number}]")
    elif shape.type_name == "map":
        for key, part in value.items():
            yield from _beyond(shape.key, key, f"{where} key {key!r}")
            yield from _beyond(shape.value, part, f"{where}[{key!r}]")
    yield from _limits(shape, value, where)


def _limits(shape: Shape, value: Any, where: str) -> Iterator[str]:
    known = shape.metadata
    if shape.type_name == "blob":  # may be a file; boto3 leaves its size to AWS, which takes more than the model says
        return
    if "enum" in known and value not in known["enum"]:
        accepted = ", ".join(known["enum"][:8]) + (", ..." if len(known["enum"]) > 8 else "")
        yield f"{where} is {value!r}; accepted: {accepted}"
    size = len(value) if shape.type_name in SIZED else value
    if "max" in known and size > known["max"]:
        yield f"{where} is {'of size ' if shape.type_name in SIZED else ''}{size}; accepted: at most {known['max']}"
    if "pattern" in known and not _matches(known["pattern"], value):
        yield f"{where} is {value!r}; accepted: what matches {known['pattern']}"


def _matches(pattern: str, value: str) -> bool:
    """Tell whether a text matches; the patterns are Java's, and those that Python cannot read let all pass."""
    try:
        return bool(re.fullmatch(pattern, value))
    except re.error:
        return True
