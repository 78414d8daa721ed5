"""Training jobs by the local mode of the SageMaker Python SDK; all else as containers."""

from collections.abc import Iterator
from contextlib import contextmanager

from .containers import Container, inherited
from .docker import Docker


class LocalMode(Docker):
    """The way that trains as the SDK does, which has an environment of its own: local_mode.sh calls it.

    The SDK gives all hosts the same data, and neither the job's Environment nor checkpoints.
    """

    def command(self, container: Container) -> tuple[list[str], dict[str, str]]:
        """Give the command line of local_mode.sh for a training job, and its variables."""
        if container.words != ["train"]:
            return super().command(container)
        script = self.project / "scripts" / "local_run" / "local_mode.sh"
        own = {"MODEL": self.model, "SAGEMAKER_BASE_DIR": str(container.base)}
        return [str(script), "--hosts", str(len(container.hosts)), container.image], inherited() | own

    def bases(self, hosts: list[str]) -> list[str]:
        """Name the first host alone: the SDK makes the folders of the others."""
        return hosts[:1]

    @contextmanager
    def around(self, containers: list[Container]) -> Iterator[None]:
        """Leave a training job's network and files to local_mode.sh."""
        if containers[0].words == ["train"]:
            yield
        else:
            with super().around(containers):
                yield
