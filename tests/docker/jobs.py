"""Training jobs as SageMaker starts them: a container a host, on a network of their own."""

import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from uuid import uuid4

HOSTS = ["algo-1", "algo-2"]


def docker(*arguments, check=True):
    return subprocess.run(["docker", *arguments], check=check, capture_output=True, text=True, timeout=120).stdout


class Job:
    """A training job with a container for each host.

    Attributes:
        folders: what is mounted as /opt/ml, by host.
    """

    def __init__(self, image, sample, folder, hosts=HOSTS, shares=None, checkpoints=None, **hyperparameters):
        self.image, self.hosts, self.network = image, hosts, f"hosts-{uuid4().hex[:8]}"
        self.folders = {host: folder / host for host in hosts}
        for number, host in enumerate(hosts):
            base = self.folders[host]
            shutil.copytree(sample / "input", base / "input")
            if checkpoints:
                shutil.copytree(checkpoints, base / "checkpoints")
            channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
            if shares:
                channel["S3DistributionType"] = "ShardedByS3Key"
                (file,) = (base / "input/data/training").iterdir()
                header, *rows = file.read_text().splitlines(keepends=True)
                file.write_text("".join([header, *shares(rows, number)]))
            config = base / "input" / "config"
            resources = {"current_host": host, "hosts": hosts, "network_interface_name": "eth0"}
            values = {"target": "diagnosis"} | {name: str(value) for name, value in hyperparameters.items()}
            contents = {
                "resourceconfig": resources,
                "inputdataconfig": {"training": channel},
                "hyperparameters": values,
            }
            for name, content in contents.items():
                (config / f"{name}.json").write_text(json.dumps(content))

    @contextmanager
    def running(self, *options):
        docker("network", "create", "--internal", self.network)
        try:
            for host in self.hosts:
                mount = f"--volume={self.folders[host]}:/opt/ml"
                names = ["--name", f"{self.network}-{host}", "--hostname", host, "--network-alias", host]
                settings = ["--env=OMP_NUM_THREADS=1", "--network", self.network, *names, mount, *options]
                docker("run", "--detach", *settings, self.image, "train")
            yield self
        finally:
            for host in self.hosts:
                docker("rm", "--force", "--volumes", f"{self.network}-{host}", check=False)
            docker("network", "rm", self.network)

    def send(self, signal, *hosts):
        for host in hosts or self.hosts:
            docker("kill", "--signal", signal, f"{self.network}-{host}")

    def wait(self, host, timeout=240):
        """Give the exit code of a host."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            running, code = docker(
                "inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", f"{self.network}-{host}"
            ).split()
            if running == "false":
                return int(code)
            time.sleep(0.2)
        raise AssertionError(f"{host} still runs: {self.log(host)}")

    def log(self, host):
        done = subprocess.run(["docker", "logs", f"{self.network}-{host}"], capture_output=True, text=True)
        return done.stdout + done.stderr

    def wait_for(self, host, words):
        """Wait until a host's log says something."""
        end = time.monotonic() + 120
        while words not in self.log(host):
            assert time.monotonic() < end, self.log(host)
            time.sleep(0.2)

    def trained(self, *options):
        """Run the job to its good end; give the final figures."""
        with self.running(*options):
            for host in self.hosts:
                assert self.wait(host) == 0, self.log(host)
        return json.loads((self.folders[self.hosts[0]] / "output" / "data" / "metrics.json").read_bytes())

    def failure(self, host):
        return (self.folders[host] / "output" / "failure").read_text()
