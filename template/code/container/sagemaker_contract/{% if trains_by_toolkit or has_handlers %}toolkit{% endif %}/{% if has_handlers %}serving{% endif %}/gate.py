"""What predicts in a serving image with AWS's toolkit: multi-model-server, to which requests are handed on.

That server alone answers /ping with 200 while a model is being loaded and while its workers are dead, and knows no
/execution-parameters.
"""

import http.client
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from tempfile import TemporaryDirectory

from ...errors import InputError
from ...serving.errors import RequestError, not_ready
from ...serving.incoming import StoredBody
from ...serving.negotiation import answer_type, request_type
from ...serving.replies import Reply, refusal

PROBE = "application/x-probe"
SAFE_PORTS = "9100-9199"
LOADING = "the model is being loaded"
MOST_BYTES = 2**31 - 1  # of a body, that the model server can count
CLIENTS = 64  # requests that the model server gets at a time
logger = logging.getLogger(__name__)


class Gate:
    """Starts the model server on a port of its own, and stands between it and the client.

    Args:
        payload_limit: most bytes of a request's body.
        port: SageMaker's port, which the model server must not take.
    """

    has_failed = False  # a model server that cannot load ends, and so does this process

    def __init__(self, payload_limit: int, port: int) -> None:
        self.problem = LOADING
        self._payload_limit = payload_limit
        self._taken = port
        self._port = _free_port(port)  # here too, so that a range without one is said before the server starts
        self._clients = ThreadPoolExecutor(CLIENTS)
        self._server: subprocess.Popen | None = None
        self._stopping = False

    def start(self) -> None:
        """Start the model server; `problem` says that it is not ready yet."""
        self._port = _free_port(self._taken)  # not that of a worker before this one
        threading.Thread(target=self._run, daemon=True).start()

    def submit(self, body: bytes | StoredBody, headers: Mapping[str, str]) -> "Future[Reply]":
        """Hand a request on to the model server."""
        return self._clients.submit(self._answer, body, headers)

    def _run(self) -> None:
        """Run the model server, which loads the model; should it end, this process ends too."""
        with TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "sagemaker_contract.toolkit.serving.model_server"]
            self._server = subprocess.Popen(command, env=self._environment(folder), cwd=folder)
            while self._server.poll() is None:
                self._look_after()
                time.sleep(0.5 if self.problem else 5)
        if not self._stopping:
            logger.error("the model server ended with exit code %d", self._server.returncode)
            os._exit(1)

    def stop(self) -> None:
        """Stop the model server, once nothing is in flight."""
        self._stopping = True
        if self._server:
            self._server.terminate()
            self._server.wait()

    def _look_after(self) -> None:
        """Let /ping answer 200 once a worker has loaded the model."""
        try:
            ready = self._ask(b"probe", {"Content-Type": PROBE}, timeout=10).status == 200
        except TimeoutError:  # the workers are loading or predicting, or dead
            ready = not self.problem
        except (OSError, http.client.HTTPException):
            ready = False
        if ready and not self._has_workers() and not self._stopping:
            logger.error("the model server has lost its workers, and starts no others")
            self._server.terminate()
        if ready == bool(self.problem):
            logger.info("the model is %s; /ping answers %d", *(("loaded", 200) if ready else ("gone", 503)))
        self.problem = "" if ready else LOADING

    def _has_workers(self) -> bool:
        import psutil  # which comes with the toolkit

        with suppress(psutil.Error):
            processes = psutil.Process(self._server.pid).children(recursive=True)
            return any("model_service_worker" in word for process in processes for word in process.cmdline())
        return True

    def _answer(self, body: bytes | StoredBody, headers: Mapping[str, str]) -> Reply:
        try:
            if self.problem:
                raise not_ready(self.problem)
            content_type = request_type(headers)
            accept = answer_type(headers.get("Accept"), content_type)
            reply = self._ask(body, {"Content-Type": content_type, "Accept": accept})
        except RequestError as error:
            reply = refusal(error)
        except (OSError, http.client.HTTPException):
            logger.exception("the model server gave no answer")
            reply = refusal(RequestError(500, "the model failed on this request", "another request"))
        return reply.with_attributes(headers)

    def _ask(self, body: bytes | StoredBody, headers: Mapping[str, str], timeout: float | None = None) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            content = body if isinstance(body, bytes) else body.file
            connection.request("POST", "/invocations", content, {**headers, "Content-Length": str(len(body))})
            response = connection.getresponse()
            content_type = response.getheader("Content-Type", "application/octet-stream")
            return Reply(response.status, response.read(), {"Content-Type": content_type})
        finally:
            connection.close()

    def _environment(self, folder: str) -> dict[str, str]:
        """Configure the toolkit, and keep the server from the network and from writing elsewhere than in the folder."""
        address = f"http://127.0.0.1:{self._port}"
        limit = str(min(self._payload_limit, MOST_BYTES))
        return {
            **os.environ,
            "SAGEMAKER_PROGRAM": f"{os.environ['MODEL']}.inference",
            "MMS_INFERENCE_ADDRESS": address,
            "MMS_MANAGEMENT_ADDRESS": address,
            "MMS_MAX_REQUEST_SIZE": limit,
            "MMS_MAX_RESPONSE_SIZE": limit,
            "LOG_LOCATION": folder,
            "METRICS_LOCATION": folder,
            "TEMP": folder,
        }


def _free_port(taken: int) -> int:
    """Find a port for the model server, in the range that SageMaker leaves to the container where it names one.

    Raises:
        InputError: the range is no range, or has no free port.
    """
    given = os.environ.get("SAGEMAKER_SAFE_PORT_RANGE") or SAFE_PORTS
    first, _, last = given.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(last) < 2**16):
        raise InputError(f"SAGEMAKER_SAFE_PORT_RANGE is {given!r}", f"a range such as {SAFE_PORTS}")
    for port in range(int(first), int(last) + 1):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port != taken:
                return port
    raise InputError("SAGEMAKER_SAFE_PORT_RANGE has no free port", f"a range such as {SAFE_PORTS}")
