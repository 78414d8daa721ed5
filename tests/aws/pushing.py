"""push.sh of a rendered project, images for it, and a registry that takes them.

moto's server, which answers for STS, IAM and ECR, and Debian's docker-registry on loopback are stand-ins for AWS. They
do not prove that AWS itself takes a login, a repository's settings or an image; and moto's ECR does not know what the
registry holds.
"""

import io
import os
import re
import secrets
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import httpx

REGION = "eu-west-1"  # the project's
ACCOUNT = "123456789012"  # of all keys that moto does not know
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
NO_KEYS = dict.fromkeys(KEYS, "")
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OTHER_MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
STAND_INS = Path(__file__).parent / "stand_ins"


@dataclass
class Push:
    """push.sh of a project, and the environment in which it runs."""

    project: Path
    environment: dict[str, str]
    script: str = "scripts/docker/container/push.sh"

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.script, *arguments],
            cwd=self.project,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def uris(self, **environment: str) -> list[str]:
        """Give the lines that a push prints, which must end well."""
        done = self(**environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def complaint(self, *arguments: str, **environment: str) -> str:
        """Give the one line that a push prints, which must be refused."""
        done = self(*arguments, **environment)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        (line,) = done.stderr.splitlines()
        return line

    def on_path(self, stand_in: str) -> str:
        """Give a PATH with a stand-in before the real commands."""
        return f"{STAND_INS / stand_in}:{self.environment['PATH']}"


@dataclass
class Images:
    """A project's images, with a file in them and nothing else."""

    names: list[str]  # for training and for serving
    tag: str  # the commit's

    def make(self, name: str, tag: str, platform: str = "linux/amd64") -> None:
        """Make an image that is like no other, as build.sh does: without attestations."""
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as archive:
            for file, content in {
                "Dockerfile": b"FROM scratch\nCOPY content /\n",
                "content": secrets.token_bytes(16),
            }.items():
                member = tarfile.TarInfo(file)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        command = ["docker", "build", "--quiet", "--platform", platform, "--tag", f"{name}:{tag}", "-"]
        environment = os.environ | {"DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        subprocess.run(command, input=context.getvalue(), env=environment, check=True, capture_output=True)


@dataclass
class Registry:
    """A docker-registry that takes the password which moto's ECR gives to one account."""

    host: str
    log: Path
    account: str

    def get(self, path: str) -> httpx.Response:
        """Ask for a path of the registry's API, as someone who takes manifests of every type."""
        login = ("AWS", f"{self.account}-auth-token")
        accept = {"Accept": f"{MANIFEST}, {OTHER_MANIFESTS}"}
        return httpx.get(f"http://{self.host}/v2/{path}", auth=login, headers=accept)

    def digest(self, name: str, tag: str) -> str:
        return self.get(f"{name}/manifests/{tag}").headers["Docker-Content-Digest"]

    def writes(self) -> int:
        """Count the requests so far that would write."""
        return len(re.findall(r'"(?:POST|PUT|PATCH|DELETE) /v2/', self.log.read_text()))


@contextmanager
def running_registry(folder: Path, account: str = ACCOUNT, read_only: bool = False) -> Iterator[Registry]:
    """Run a registry that keeps its images in a folder."""
    folder.mkdir(exist_ok=True)
    password = bcrypt.hashpw(f"{account}-auth-token".encode(), bcrypt.gensalt(rounds=4)).decode()
    (folder / "htpasswd").write_text(f"AWS:{password}\n")
    (folder / "config.yml").write_text(
        f"""\
version: 0.1
http: {{addr: "127.0.0.1:0"}}
auth: {{htpasswd: {{realm: registry, path: {folder}/htpasswd}}}}
storage:
  filesystem: {{rootdirectory: {folder}/images}}
  maintenance: {{readonly: {{enabled: {str(read_only).lower()}}}}}
"""
    )
    log = folder / "log"
    with log.open("w") as output:
        command = ["docker-registry", "serve", folder / "config.yml"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield Registry(_listening_on(log, process), log, account)
    finally:
        process.terminate()
        process.wait(10)


def _listening_on(log: Path, process: subprocess.Popen) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if found := re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text()):
            return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    raise AssertionError(f"docker-registry never listened:\n{log.read_text()}")
