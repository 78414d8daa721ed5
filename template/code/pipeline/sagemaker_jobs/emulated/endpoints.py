"""The operations on endpoints, and those that ask them."""

import http.client
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.response import StreamingBody

from ..backends import Stored
from . import servers
from .client import Answer, Operations
from .data import Unusable
from .hosting import Hosting
from .records import Record, Records, Refused

HEADERS = {  # of a request, by the arguments of invoke_endpoint
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
    "InferenceId": "X-Amzn-SageMaker-Inference-Id",
    "TargetModel": "X-Amzn-SageMaker-Target-Model",
}
LATER_SECONDS = 900  # that the answer to an asynchronous request may take, where it does not say
HIDDEN = ("Tags", "Server", "Coming")
LISTED = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")


class Endpoints:
    """The endpoints of this machine; whatever its kind, an endpoint is one server.

    An endpoint is looked at whenever it is asked about. An update starts a second server: once that is ready it takes
    the place of the first, and if it never is, the first goes on.

    Args:
        records: keep them.
        stored: what asynchronous requests read and write.
        hosting: has their servers.
    """

    def __init__(self, records: Records, stored: Stored, hosting: Hosting) -> None:
        self._records, self._stored, self._hosting = records, stored, hosting

    def operations(self) -> Operations:
        """Give the operations that are answered."""
        return {
            "create_endpoint": self._create,
            "update_endpoint": self._update,
            "describe_endpoint": self._describe,
            "list_endpoints": self._list,
            "delete_endpoint": self._delete,
        }

    def invocations(self) -> Operations:
        """Give the operations of the client `sagemaker-runtime` that are answered."""
        return {"invoke_endpoint": self._invoke, "invoke_endpoint_async": self._invoke_later}

    def logs(self, name: str) -> list[Path]:
        """Give the log of an endpoint's newest server, once there is one."""
        with self._records.lock():
            record = self._records.read("Endpoint", name)
        log = Path((record["Coming"] or record["Server"])["Folder"]) / "algo-1.log"
        return [log] if log.is_file() else []

    def _create(self, **request: Any) -> Answer:
        name, configuration = request["EndpointName"], request["EndpointConfigName"]
        self._hosting.check(configuration)
        server = self._hosting.plan(name, configuration)
        with self._records.lock():
            answer = self._records.create("Endpoint", request, Server=server, Coming=None)
            with self._hosting.started(server) as started:
                self._records.update("Endpoint", name, Server=started)
        return answer

    def _update(self, EndpointName: str, EndpointConfigName: str, **_: Any) -> Answer:
        with self._records.lock():
            if (status := self._settled(EndpointName)["EndpointStatus"]) != "InService":
                raise Refused(f"Cannot update endpoint {EndpointName}: it is in status {status}.")
            self._hosting.check(EndpointConfigName)
            coming = self._hosting.plan(EndpointName, EndpointConfigName)
            with self._hosting.started(coming) as started:
                self._records.update("Endpoint", EndpointName, Coming=started, FailureReason="")
        return {"EndpointArn": self._records.arn("Endpoint", EndpointName)}

    def _describe(self, EndpointName: str) -> Answer:
        record = self._settled(EndpointName)
        variant = record["Server"]["Variant"]
        number = variant.get("InitialInstanceCount", 1)
        counts = {"CurrentInstanceCount": number, "DesiredInstanceCount": number}
        described = {key: value for key, value in record.items() if key not in HIDDEN and value != ""}
        return described | {"ProductionVariants": [{"VariantName": variant["VariantName"]} | counts]}

    def _list(self, NameContains: str = "", StatusEquals: str = "", **_: Any) -> Answer:
        with self._records.lock():
            settled = [self._settled(record["EndpointName"]) for record in self._records.all("Endpoint")]
        wanted = [record for record in settled if NameContains in record["EndpointName"]]
        wanted = [record for record in wanted if StatusEquals in ("", record["EndpointStatus"])]
        return {"Endpoints": [{key: record[key] for key in LISTED} for record in wanted]}

    def _delete(self, EndpointName: str) -> Answer:
        with self._records.lock():
            record = self._records.read("Endpoint", EndpointName)
            for server in filter(None, (record["Server"], record["Coming"])):
                self._hosting.end(server)
            self._records.delete("Endpoint", EndpointName)
        return {}

    def _settled(self, name: str) -> Record:
        """Look at an endpoint's servers, and let one that is ready come in; give the record, and the status now."""
        hosting, records = self._hosting, self._records
        with records.lock():
            record = records.read("Endpoint", name)
            if (coming := record["Coming"]) and (failure := hosting.failure(coming)):
                hosting.end(coming)
                record = records.update("Endpoint", name, Coming=None, FailureReason=failure)
            elif coming and hosting.is_ready(coming):
                hosting.end(record["Server"])
                configuration = coming["EndpointConfigName"]
                record = records.update("Endpoint", name, Coming=None, Server=coming, EndpointConfigName=configuration)
            if failure := hosting.failure(record["Server"]):
                return record | {"EndpointStatus": "Failed", "FailureReason": failure}
            if not hosting.is_ready(record["Server"]):
                return record | {"EndpointStatus": "Creating"}
            if not record["Server"].get("IsReady"):
                record = records.update("Endpoint", name, Server=record["Server"] | {"IsReady": True})
            return record | {"EndpointStatus": "Updating" if record["Coming"] else "InService"}

    def _invoke(self, EndpointName: str, Body: Any = b"", **arguments: Any) -> Answer:
        body = Body.read() if hasattr(Body, "read") else Body
        body = body.encode() if isinstance(body, str) else bytes(body)
        answer = self._ask(self._serving(EndpointName), body, arguments, servers.INVOCATION_SECONDS)
        found = {
            "ContentType": answer.headers.get("content-type"),
            "CustomAttributes": answer.headers.get("x-amzn-sagemaker-custom-attributes"),
        }
        streamed = StreamingBody(BytesIO(answer.body), len(answer.body))
        return {"Body": streamed} | {key: value for key, value in found.items() if value}

    def _invoke_later(self, EndpointName: str, InputLocation: str, **arguments: Any) -> Answer:
        """Answer at once, in the place where the answer is looked for later."""
        record = self._serving(EndpointName)
        described = self._records.read("EndpointConfig", record["EndpointConfigName"])
        if "AsyncInferenceConfig" not in described:
            raise Refused(f"Endpoint {EndpointName} is not asynchronous.", "ValidationError")
        identity = arguments.get("InferenceId", str(uuid4()))
        output = described["AsyncInferenceConfig"]["OutputConfig"]
        location = f"{output['S3OutputPath'].rstrip('/')}/{identity}.out"
        failure = f"{output.get('S3FailurePath', output['S3OutputPath']).rstrip('/')}/{identity}-error.out"
        seconds = arguments.get("InvocationTimeoutSeconds", LATER_SECONDS)
        try:
            self._stored.write(location, self._ask(record, self._stored.read(InputLocation), arguments, seconds).body)
        except (Refused, FileNotFoundError) as error:
            self._stored.write(failure, str(error).encode())
        return {"InferenceId": identity, "OutputLocation": location, "FailureLocation": failure}

    def _serving(self, name: str) -> Record:
        record = self._settled(name)
        if record["EndpointStatus"] not in ("InService", "Updating"):
            raise Refused(f"Endpoint {name} is in status {record['EndpointStatus']}.", "ValidationError")
        return record

    def _ask(self, record: Record, body: bytes, arguments: dict[str, Any], seconds: float) -> servers.Answer:
        headers = {HEADERS[key]: value for key, value in arguments.items() if key in HEADERS}
        port = record["Server"]["Port"]
        try:
            route = self._hosting.route(record["Server"], arguments.get("TargetModel", ""))
            answer = servers.ask(port, "POST", route, body, headers, seconds)
        except Unusable as error:
            raise Refused(str(error), "ValidationError") from None
        except (OSError, http.client.HTTPException) as error:
            message = f"The server of {record['EndpointName']} gave no answer ({error})."
            raise Refused(message, "ServiceUnavailable") from None
        if answer.status != 200:
            said, fault = answer.body.decode(errors="replace"), "client" if answer.status < 500 else "server"
            message = f'Received {fault} error ({answer.status}) from primary with message "{said}".'
            raise Refused(message, "ModelError", OriginalStatusCode=answer.status, OriginalMessage=said)
        return answer
