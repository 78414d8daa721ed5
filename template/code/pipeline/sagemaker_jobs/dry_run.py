"""A backend that prints each request and sends none: no network, no credentials, nothing is touched."""

import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.handlers import generate_idempotent_uuid

from utils.aws.errors import NotThere
from utils.config_reader import ConfigError

from . import shapes
from .kinds import KINDS
from .settings import Config

Request = dict[str, Any]
STEP = re.compile(r"(s3://.+)/steps/([a-z]+)\.json")
BEFORE = {
    "collection": {"raw": "raw"},
    "preprocess": {part: part for part in ("training", "validation", "test", "rows")},
    "training": {"model": "job/output/model.tar.gz"},
}


class DryRun:
    """What SageMaker would be asked, as JSON on standard output: an object a request, by the operation's name.

    Attributes:
        name, sagemaker, runtime, stored: as in Backend.
    """

    name = "sagemaker"

    def __init__(self, config: Config) -> None:
        self._region = config.region
        self.stored = Memory()
        self.sagemaker = self.client("sagemaker")
        self.runtime = self.client("sagemaker-runtime")

    def client(self, service: str) -> "Printed":
        """Give what stands for a client of boto3."""
        return Printed(service, self._region, self.stored)

    def log_lines(self, kind: str, job_name: str) -> Iterable[str]:
        """Give none: no job runs."""
        return []

    def close(self) -> None:
        """End nothing."""


class Memory:
    """Objects that this process alone knows of; as in Stored. What jobs would have written is there, and empty."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._expected: list[str] = []

    def expect(self, uri: str) -> None:
        """Have an empty JSON object wherever something below this URI is read."""
        self._expected.append(uri)

    def upload(self, path: Path, uri: str) -> None:
        """Leave the file where it is."""

    def download(self, uri: str, path: Path) -> None:
        """Write what is known of the object, or nothing, so that what comes next has a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self._objects.get(uri, b""))

    def read(self, uri: str) -> bytes:
        """Give what was written, or would have been. Raises FileNotFoundError where neither is so."""
        if uri in self._objects:
            return self._objects[uri]
        if any(uri.startswith(expected) for expected in self._expected):
            return b"{}"
        if (step := STEP.fullmatch(uri)) and step[2] in BEFORE:  # so that a batch can be tried without those before it
            outputs = {name: f"{step[1]}/{step[2]}/{path}" for name, path in BEFORE[step[2]].items()}
            return json.dumps({"batch": step[2], "outputs": outputs}).encode()
        raise FileNotFoundError(uri)

    def write(self, uri: str, content: bytes) -> None:
        """Keep it for this process."""
        self._objects[uri] = content

    def folders(self, uri: str) -> list[str]:
        """Name nothing: what S3 has is not asked."""
        return []

    def list(self, uri: str) -> list[str]:
        """Name nothing, likewise."""
        return []

    def where(self, uri: str) -> str:
        """Give the URI."""
        return uri


class Printed:
    """What stands for a client of boto3: a request is checked, printed, and answered as if all had gone well.

    Args:
        service: its name in boto3.
        region: of the ARNs that it makes up.
        stored: gets the answers of asynchronous endpoints.
    """

    def __init__(self, service: str, region: str, stored: Memory) -> None:
        self._service = service
        self._region = region
        self._stored = stored
        self._operations = {xform_name(name): name for name in shapes.service(service).operation_names}
        self._made: dict[tuple[str, str], Request] = {}  # by kind and name

    def __getattr__(self, method: str) -> Callable[..., Request]:
        if method not in self._operations:
            raise AttributeError(f"boto3's client of {self._service} has no {method}")
        operation = self._operations[method]

        def ask(**request: Any) -> Request:
            whole = dict(request)
            generate_idempotent_uuid(whole, shapes.operation(operation, self._service))  # as boto3 does
            if wrong := shapes.problems(operation, whole, self._service):
                raise ConfigError(f"{operation}: {wrong[0]}")
            return self._answer(operation, request)

        return ask

    def _answer(self, operation: str, request: Request) -> Request:
        if operation.startswith("Describe") and operation.replace("Describe", "Create") in self._operations.values():
            return self._described(operation, request)
        if not operation.startswith("Describe"):
            print(json.dumps({operation: request}, indent=2, default=_text), flush=True)
        if operation == "ListTags":
            made = {self._arn(*key): asked for key, asked in self._made.items()}
            return {"Tags": made.get(request["ResourceArn"], {}).get("Tags", [])}
        if operation.startswith(("List", "Describe")):
            members = shapes.operation(operation, self._service).output_shape.members
            return {name: [] for name, shape in members.items() if shape.type_name == "list"}
        if operation.startswith(("Create", "Update")):
            return self._make(operation[len("Create") :], request)
        if operation == "InvokeEndpointAsync":
            uri = f"{request['InputLocation']}.out"
            self._stored.write(uri, b"")
            return {"OutputLocation": uri}
        if operation == "InvokeEndpoint":
            return {"Body": io.BytesIO(b""), "ContentType": request.get("ContentType", "")}
        return {"PolicyARN": self._arn("policy", request["PolicyName"])} if operation == "PutScalingPolicy" else {}

    def _make(self, kind: str, request: Request) -> Request:
        name = request[f"{kind}Name"]
        self._made[kind, name] = self._made.get((kind, name), {}) | request
        if kind == "ProcessingJob":
            for output in request["ProcessingOutputConfig"]["Outputs"]:
                self._stored.expect(output["S3Output"]["S3Uri"])
        if kind == "HyperParameterTuningJob":
            best = {"TrainingJobName": f"{name}-001", **request["TrainingJobDefinition"]}
            self._make("TrainingJob", best)
        return {f"{kind}Arn": self._arn(kind, name)}

    def _described(self, operation: str, request: Request) -> Request:
        kind = operation.removeprefix("Describe")
        name = next(iter(request.values()))
        if (kind, name) not in self._made:
            raise NotThere(f"{operation}: could not find {kind} {name}")
        made = self._made[kind, name] | {f"{kind}Arn": self._arn(kind, name)}
        if kind in KINDS:
            made[f"{kind}Status"] = "InService" if kind == "Endpoint" else "Completed"
        return made | RESULTS.get(kind, lambda request: {})(made)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:{self._service}:{self._region}:000000000000:{kind.lower()}/{name}"


def _trained(made: Request) -> Request:
    output = f"{made['OutputDataConfig']['S3OutputPath']}/{made['TrainingJobName']}/output"
    return {"ModelArtifacts": {"S3ModelArtifacts": f"{output}/model.tar.gz"}, "FinalMetricDataList": []}


def _tuned(made: Request) -> Request:
    objective = made["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    best = {
        "TrainingJobName": f"{made['HyperParameterTuningJobName']}-001",
        "TunedHyperParameters": {},
        "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": objective["MetricName"], "Value": 0.0},
    }
    return {"BestTrainingJob": best}


RESULTS = {"TrainingJob": _trained, "HyperParameterTuningJob": _tuned}


def _text(value: object) -> str:
    """Write what JSON has no word for: the body of a request."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
