"""The test bench: the image, what it is tried with, and the runs that several items look at."""

import os
import shutil
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .client import Answer, Client
from .containers import Container, docker, inspect, running
from .given import ONE_HOST, Given, Layout, enlarge, write_input
from .items import Failed

T = TypeVar("T")

PATIENCE = 300  # seconds for a training job, or until a model is loaded
ONE_CORE = "--env=OMP_NUM_THREADS=1"  # so that containers side by side do not fight over cores
ONE_MODEL = "--env=SAGEMAKER_MULTI_MODEL=false"
PLATFORM = {"TRAINING_JOB_NAME": "contract", "TRAINING_JOB_ARN": "arn:aws:sagemaker:us-east-1:000000000000:contract"}
OWN = "/sagemaker_contract/"  # the package of the images of this project
PROCESSING = "python -m sagemaker_contract.processing evaluation"  # their processing job
TOOLKITS = {"sagemaker_training", "sagemaker_inference", "sagemaker_containers"}


@dataclass(frozen=True)
class TrainingRun:
    """A training job that has ended.

    Attributes:
        exit_code: of the container.
        log: standard output and standard error.
        failure: what stands in output/failure; None where there is no such file.
        files: the files under /opt/ml, but for input/, with their content up to a few kB.
        seconds: how long it took.
    """

    exit_code: int
    log: str
    failure: str | None
    files: dict[str, bytes]
    seconds: float

    @property
    def model(self) -> list[str]:
        """The names of the files in model/."""
        return [name for name in self.files if name.startswith("model/")]

    @property
    def seen(self) -> str:
        """The exit code, and the last words of a job that failed."""
        lines = (self.failure or self.log).strip().splitlines() or ["an empty log"]
        return "exit code 0" if not self.exit_code else f"exit code {self.exit_code}: {lines[-1][:150]}"


@dataclass
class Bench:
    """Starts the image as SageMaker does.

    Attributes:
        image: name of the image.
        trains, serves: what it is for.
        given: what it is tried with.
        folder: for the files of the runs.
        processing: the command of a processing job; None where none is known.
        streaming: whether the request is one that the image answers in pieces.
        config: what the engine knows of the image.
        files: the paths in it.
        training: the training job that the others are compared to.
        model: the folder of the model that is served.
        seconds_to_load: how long the server took that several items use.
    """

    image: str
    trains: bool
    serves: bool
    given: Given
    folder: Path
    processing: str | None = None
    streaming: bool = False
    config: dict = field(init=False)
    files: set[str] = field(init=False)
    training: TrainingRun | None = None
    model: Path | None = None
    seconds_to_load: float = 0

    def __post_init__(self) -> None:
        self.config = inspect("image", self.image)
        self.files = _files_of(self.image)
        self.model = self.given.model
        if self.processing is None and self.trains and self.has_file(f"{OWN}processing/__main__.py"):
            self.processing = PROCESSING
        self._shared: dict[Callable, Any] = {}
        self._locks: dict[Callable, threading.Lock] = {}
        self._server: tuple[Container, Client] | None = None
        self._open = ExitStack()
        self._server_is_used = threading.Lock()

    def prepare(self) -> None:
        """Train once as the other runs are compared to; the model that it leaves is then served."""
        if not self.trains:
            return
        with self.training_job() as (container, base):
            container.wait(PATIENCE)
            self.training = self.outcome(container, base)
            if self.model is None and any((base / "model").iterdir()):
                self.model = self.folder / "model"
                self.hand_over(base)
                shutil.copytree(base / "model", self.model)

    @property
    def settings(self) -> dict:
        """What the image sets for its containers: entrypoint, command, user, environment, labels."""
        return self.config["Config"]

    @property
    def has_toolkit(self) -> bool:
        """Whether one of AWS's toolkits is installed."""
        return any(Path(name).name in TOOLKITS for name in self.files)

    def has_file(self, end: str) -> bool:
        """Say whether a path in the image ends like this."""
        return any(name.endswith(end) for name in self.files)

    @property
    def is_own(self) -> bool:
        """Whether the image is one of this project."""
        return self.has_file(f"{OWN}__init__.py")

    @property
    def is_multi_model(self) -> bool:
        """Whether the image is a multi-model endpoint unless it is told otherwise."""
        return any(one.upper() == "SAGEMAKER_MULTI_MODEL=TRUE" for one in self.settings["Env"] or [])

    def hyperparameter(self, *names: str) -> str | None:
        """Give the first of these names that is a hyperparameter: a given one or, in an image of this project, any."""
        known = self.given.hyperparameters.keys() | (self.given.of_model if self.is_own else set())
        return next((name for name in names if name in known), None)

    def once(self, make: Callable[["Bench"], T]) -> T:
        """Give what several items look at; only the first of them makes it.

        Raises:
            Failed: it could not be made, which each of them is told.
        """
        with self._locks.setdefault(make, threading.Lock()):
            if make not in self._shared:
                try:
                    self._shared[make] = make(self)
                except Failed as failed:
                    self._shared[make] = failed
        if isinstance(self._shared[make], Failed):
            raise Failed(*self._shared[make].args)
        return self._shared[make]

    # Training

    @contextmanager
    def training_job(
        self,
        *options: str,
        layout: Layout = Layout(),  # noqa: B008 - frozen
        size: int = 0,
        read_only: bool = False,
        whole_tree: bool = False,
        checkpoints: Path | None = None,
        command: tuple[str, ...] = ("train",),
    ) -> Iterator[tuple[Container, Path]]:
        """Start a training job.

        Args:
            options: further options of `docker run`.
            layout: how the input is written.
            size: bytes to which the data is enlarged.
            read_only: whether the input is.
            whole_tree: whether /opt/ml is mounted as a whole, which hides what the image has there.
            checkpoints: a folder whose files SageMaker restores.
            command: the word that the image is started with.
        """
        environment = [f"--env={name}={value}" for name, value in PLATFORM.items()]
        with self.mounted_folder() as base:
            write_input(self.given, base / "input", layout)
            if size:
                enlarge(base / "input" / "data", size)
            for name in ("model", "output", "checkpoints"):
                (base / name).mkdir()
                (base / name).chmod(0o777)
            if checkpoints:
                shutil.copytree(checkpoints, base / "checkpoints", dirs_exist_ok=True)
            mounts = _mounts(base, whole_tree, read_only)
            settings = [*mounts, *environment, ONE_CORE, *options]
            if layout.hosts == ONE_HOST:  # AWS's training toolkit waits until the name of its host resolves
                settings.append(f"--add-host={layout.host}:127.0.0.1")
            with running(self.image, command, settings) as container:
                yield container, base

    def train(self, *options: str, **how) -> TrainingRun:
        """Run a training job to its end; see `training_job`."""
        with self.training_job(*options, **how) as (container, base):
            container.wait(PATIENCE)
            return self.outcome(container, base)

    def outcome(self, container: Container, base: Path) -> TrainingRun:
        """Read what a job that has ended left behind."""
        self.hand_over(base)
        seconds = time.monotonic() - container.started
        files = {}
        for path in sorted(base.rglob("*")):
            name = path.relative_to(base).as_posix()
            if path.is_file() and not name.startswith("input/"):
                with path.open("rb") as file:
                    files[name] = file.read(100_000)
        failure = files.get("output/failure")
        text = None if failure is None else failure.decode(errors="replace")
        return TrainingRun(container.wait(5), container.logs(), text, files, seconds)

    @contextmanager
    def mounted_folder(self) -> Iterator[Path]:
        """Give a folder whose content containers may own, and remove it in the end."""
        base = Path(tempfile.mkdtemp(dir=self.folder))
        base.chmod(0o755)  # for a user of the image's own
        try:
            yield base
        finally:
            self.hand_over(base)
            shutil.rmtree(base, ignore_errors=True)

    def hand_over(self, base: Path) -> None:
        """Give what a container wrote as root to whoever runs this."""
        if os.getuid():
            owner = f"{os.getuid()}:{os.getgid()}"
            command = ("--entrypoint", "chown", self.image, "--recursive", owner, "/mounted")
            docker("run", "--rm", "--network", "none", "--user", "0", "--volume", f"{base}:/mounted", *command)

    # Serving

    @contextmanager
    def serving(
        self,
        *options: str,
        port: int = 8080,
        model: Path | None = None,
        mode: str = "rw",
        whole_tree: bool = False,
        command: tuple[str, ...] = ("serve",),
    ) -> Iterator[tuple[Container, Client]]:
        """Start a server, and give a client of its port; it need not be ready.

        Args:
            options: further options of `docker run`.
            port: the port inside the container.
            model: the folder of the model, by default the one that the image trained, or was given; a copy is mounted.
            mode: `ro` for a model that is read-only.
            whole_tree: whether /opt/ml is mounted as a whole.
            command: the word that the image is started with.

        Raises:
            Failed: there is no model.
        """
        if model is None and self.model is None:
            raise Failed("there is no model to serve: the training job left none, and --model gives none")
        with self.mounted_folder() as base:
            shutil.copytree(model or self.model, base / "model")
            (base / "model").chmod(0o755)  # the files in it keep the modes that training gave them
            mount = f"{base}:/opt/ml" if whole_tree else f"{base}/model:/opt/ml/model:{mode}"
            if self.is_multi_model:
                options = (ONE_MODEL, *options)  # the last of two counts
            publish = [] if "--network=none" in options else [f"--publish=127.0.0.1::{port}"]
            with running(self.image, command, [f"--volume={mount}", ONE_CORE, *publish, *options]) as container:
                yield container, Client(container.port(port) if publish else 0)

    def wait_until_served(self, container: Container, client: Client) -> Answer:
        """Wait until /ping answers 200 and the request gets its answer.

        Raises:
            Failed: neither happens, or the container ends.
        """
        end = time.monotonic() + PATIENCE
        seen = "no connection"
        while time.monotonic() < end:
            with suppress(OSError):
                ping = client.get("/ping")
                seen = f"/ping answers {ping.status} {ping.text[:150]}"
                if ping.status == 200:
                    answer = self.ask(client)
                    seen = f"/invocations answers {answer.status} {answer.text[:150]}"
                    if answer.status == 200 and answer.body:
                        return answer
            if not container.is_running:
                raise Failed(f"the container ended: {container.last_line()}")
            time.sleep(0.1)
        raise Failed(f"not ready after {PATIENCE} s: {seen}")

    def ask(self, client: Client, body: bytes | None = None, content_type: str | None = None, **headers) -> Answer:
        """Post a request, by default the one that was given."""
        body = self.given.request if body is None else body
        return client.post(body, content_type or self.given.content_type, headers)

    @contextmanager
    def server(self) -> Iterator[tuple[Container, Client]]:
        """Give the server that several items use, one at a time; started anew where the last one left it dead."""
        with self._server_is_used:
            if self._server is None or not self._is_well(*self._server):
                self.close()
                self._server = self._open.enter_context(self.serving())
                self.wait_until_served(*self._server)
                self.seconds_to_load = time.monotonic() - self._server[0].started
            yield self._server

    def _is_well(self, container: Container, client: Client) -> bool:
        with suppress(OSError):
            return container.is_running and client.get("/ping").status == 200
        return False

    def close(self) -> None:
        """End the server that several items use."""
        self._server = None
        self._open.close()


def _mounts(base: Path, whole_tree: bool, read_only: bool) -> list[str]:
    if whole_tree:
        return [f"--volume={base}:/opt/ml"]
    modes = {"input": "ro" if read_only else "rw", "model": "rw", "output": "rw", "checkpoints": "rw"}
    return [f"--volume={base}/{name}:/opt/ml/{name}:{mode}" for name, mode in modes.items()]


def _files_of(image: str) -> set[str]:
    """List the paths in an image, without running it."""
    container = docker("create", image, "nothing").stdout.decode().strip()
    try:
        with tempfile.NamedTemporaryFile() as file:
            docker("export", "--output", file.name, container, timeout=PATIENCE)
            with tarfile.open(file.name) as tar:
                return {f"/{name.removeprefix('./')}" for name in tar.getnames()}
    finally:
        docker("rm", "--volumes", container)
