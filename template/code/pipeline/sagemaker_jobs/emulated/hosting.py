"""The servers of endpoints: programs of this machine that outlive the command which started them."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..backends import Stored
from . import data, locks, servers
from .containers import LOOK, SERVER_GRACE, Running, Way
from .data import Unusable
from .records import Record, Records

Server = dict[str, Any]  # what a later command has to know of a server


class Hosting:
    """Starts servers, looks after them, and ends them.

    Args:
        records: have the models and the configurations.
        stored: has the model artefacts.
        way: the name of the way to run a server.
        ways: gives a way by its name; a server keeps that of the command which started it.
    """

    def __init__(self, records: Records, stored: Stored, way: str, ways: Callable[[str], Way]) -> None:
        self._records, self._stored, self._way, self._ways = records, stored, way, ways
        self._started: list[Running] = []  # kept, or Python would warn of each that it goes on

    def check(self, configuration: str) -> None:
        """See that this machine can serve a configuration's model; see `Way.check`."""
        _, model = self._wanted(configuration)
        self._ways(self._way).check(servers.definition(model)["Image"])

    def plan(self, endpoint: str, configuration: str) -> Server:
        """Give a server that is to be started; until then it is as one that has ended."""
        variant, model = self._wanted(configuration)
        folder = self._records.folder("Endpoint", endpoint) / uuid4().hex[:8]
        seconds = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", servers.READY_SECONDS)
        return {
            "EndpointConfigName": configuration,
            "Variant": variant,
            "Model": model,
            "Way": self._way,
            "Name": f"{endpoint}-{folder.name}",
            "Folder": str(folder),
            "ReadyUntil": time.time() + seconds,
        }

    @contextmanager
    def started(self, server: Server) -> Iterator[Server]:
        """Start a planned server, to be recorded in the block; where that does not happen, it is ended.

        One whose model cannot be unpacked stays as it is, and says why.
        """
        folder = Path(server["Folder"])
        try:
            container = servers.container_of(server["Model"], server["Name"], folder / "algo-1", self._stored, {})
        except Unusable as error:
            yield server | {"Failure": str(error)}
            return
        running = None
        lock = locks.hold(folder / "lock")
        try:
            running = Running(self._ways(self._way), container, inherits=[lock])
            yield server | {"Port": container.port, "Pid": running.pid}
            self._started.append(running)
        except BaseException:  # Ctrl-C, too
            if running:
                running.kill()
            raise
        finally:
            os.close(lock)

    def is_ready(self, server: Server) -> bool:
        """Tell whether a server serves; one that did once, does as long as it runs."""
        if server.get("IsReady"):
            return True
        return "Port" in server and servers.is_ready(server["Port"]) and self._is_alive(server)

    def failure(self, server: Server) -> str:
        """Say why a server does not serve and never will; nothing where it does, or may soon."""
        log = f"its log is {server['Folder']}/algo-1.log"
        if "Failure" in server or not self._is_alive(server):
            return server.get("Failure") or f"the server has ended; {log}"
        is_late = time.time() > server["ReadyUntil"] and not self.is_ready(server)
        return f"the server did not answer /ping with 200 in time; {log}" if is_late else ""

    def route(self, server: Server, target: str = "") -> str:
        """Give the route that a model answers on; of a multi-model endpoint, the target is loaded where it is not yet.

        Raises:
            Unusable: there is no such model, or the server does not load it.
        """
        if not servers.is_multi_model(server["Model"]):
            return "/invocations"
        if not target:
            raise Unusable("the endpoint has many models; accepted: TargetModel, such as NAME.tar.gz")
        name = target.removesuffix(".tar.gz").replace("/", "-")
        if servers.ask(server["Port"], "GET", f"/models/{name}").status != 200:
            base = Path(server["Folder"]) / "algo-1"
            prefix = servers.definition(server["Model"])["ModelDataUrl"].rstrip("/")
            data.unpack(self._stored, f"{prefix}/{target.lstrip('/')}", base / "models" / name)
            url = f"{self._ways(server['Way']).seen(base)}/models/{name}"
            body = json.dumps({"model_name": name, "url": url}).encode()
            answer = servers.ask(server["Port"], "POST", "/models", body, {"Content-Type": "application/json"})
            if answer.status not in (200, 409):
                raise Unusable(f"model {target} was not loaded: {answer.status} {answer.body.decode(errors='replace')}")
        return f"/models/{name}/invoke"

    def end(self, server: Server) -> None:
        """Stop a server as SageMaker does, and clear away its copy of the model; its log stays."""
        for number, send in ((signal.SIGTERM, os.kill), (signal.SIGKILL, os.killpg)):
            if "Pid" in server and self._is_alive(server):
                with suppress(ProcessLookupError):
                    send(server["Pid"], number)
            give_up = time.monotonic() + SERVER_GRACE
            while self._is_alive(server) and time.monotonic() < give_up:
                time.sleep(LOOK)
        self._ways(server["Way"]).remove(server["Name"])
        shutil.rmtree(Path(server["Folder"]) / "algo-1", ignore_errors=True)

    def _wanted(self, configuration: str) -> tuple[Record, Record]:
        [variant] = self._records.read("EndpointConfig", configuration)["ProductionVariants"]
        return variant, self._records.read("Model", variant["ModelName"])

    def _is_alive(self, server: Server) -> bool:
        return locks.is_held(Path(server["Folder"]) / "lock")
