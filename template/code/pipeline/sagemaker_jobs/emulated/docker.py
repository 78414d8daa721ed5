"""Jobs as containers: the images themselves, started as SageMaker starts them."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from utils.config_reader import ConfigError

from .containers import Container, Way, inherited

PORT = 8080  # of a server, inside its container


class Docker(Way):
    """The way that needs Docker, and the images."""

    def check(self, image: str, hosts: int = 1) -> None:
        """See that the engine answers and has the image.

        Raises:
            ConfigError: it does not.
        """
        if not shutil.which("docker"):
            raise ConfigError("docker is not on PATH; accepted: an installed Docker, or --backend process")
        said = docker("image", "inspect", "--format", "found", image)
        if "no such image" in said.lower():
            made = f"scripts/docker/container/build.sh makes those of {self.model}"
            raise ConfigError(f"there is no image {image} on this machine; accepted: one that is there ({made})")
        if "found" not in said.splitlines():
            others = "an engine that answers, or --backend process"
            raise ConfigError(f"Docker cannot be used: {said.splitlines()[-1]}; accepted: {others}")

    def command(self, container: Container) -> tuple[list[str], dict[str, str]]:
        """Give the command line, and docker's own variables.

        The folders of /opt/ml are mounted one by one: what else an image has there stays.
        """
        options = ["--name", container.name]
        if container.hosts:
            host = container.base.name
            options += ["--network", _network(container), "--hostname", host, "--network-alias", host]
        if len(container.hosts) > 1:  # each would take all cores of this machine, and they would wait for one another
            options.append(f"--env=OMP_NUM_THREADS={max((os.cpu_count() or 1) // len(container.hosts), 1)}")
        if container.port:
            options += ["--publish", f"127.0.0.1:{container.port}:{PORT}"]
        options += [f"--env={name}={value}" for name, value in container.environment.items()]
        for folder in sorted(path for path in container.base.iterdir() if path.is_dir()):
            mode = ":ro" if folder.name in container.read_only else ""
            options.append(f"--volume={folder}:/opt/ml/{folder.name}{mode}")
        entrypoint = [f"--entrypoint={word}" for word in container.entrypoint[:1]]
        words = [*container.entrypoint[1:], *container.words]
        return ["docker", "run", "--rm", "--pull=never", *options, *entrypoint, container.image, *words], inherited()

    @contextmanager
    def around(self, containers: list[Container]) -> Iterator[None]:
        """Give the containers a network without a way out; afterwards, give what root wrote to the folder's owner."""
        docker("network", "create", "--internal", _network(containers[0]))
        try:
            yield
        finally:
            docker("network", "rm", _network(containers[0]))
            for container in containers:  # by the engine's own view of users, which it may map
                own = ["--user=0", "--entrypoint=chown", f"--volume={container.base}:/work", container.image]
                docker("run", "--rm", "--pull=never", "--network=none", *own, "-R", "--reference=/work", "/work")

    def remove(self, name: str) -> None:
        """Clear away what may be left of a container that was killed."""
        docker("rm", "--force", "--volumes", name)


def docker(*arguments: str) -> str:
    """Run docker, and give what it said."""
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(["docker", *arguments], start_new_session=True, **pipe).stdout.strip()


def _network(container: Container) -> str:
    return container.name.removesuffix(f"-{container.base.name}")
