"""What looks like a client of boto3: requests are checked as AWS does, and refused with boto3's exception."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

from utils.config_reader import ConfigError

from .. import shapes
from .records import Refused

Answer = dict[str, Any]
Operations = Mapping[str, Callable[..., Answer]]  # by the names of boto3's methods


class Client:
    """A client of a service of AWS, whose operations are answered on this machine.

    Args:
        service: its name in boto3.
        operations: those that are answered.
    """

    def __init__(self, service: str, operations: Operations) -> None:
        self._service = service
        self._operations = operations
        self._names = {xform_name(name): name for name in shapes.service(service).operation_names}

    def __getattr__(self, method: str) -> Callable[..., Answer]:
        if method not in self._names:
            raise AttributeError(f"boto3's client of {self._service} has no {method}")
        if method not in self._operations:
            raise ConfigError(f"{method} is not done on this machine; accepted: --backend sagemaker")
        return partial(self._call, self._names[method], self._operations[method])

    def _call(self, name: str, answer: Callable[..., Answer], **request: Any) -> Answer:
        if wrong := shapes.problems(name, request, self._service):
            raise ParamValidationError(report="\n".join(wrong))
        try:
            return answer(**request)
        except Refused as refused:
            error = {"Code": refused.code, "Message": str(refused)}
            raise ClientError({"Error": error, **refused.details}, name) from None
