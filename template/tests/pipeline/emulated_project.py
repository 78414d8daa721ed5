"""A project whose container code is small programs that keep to SageMaker's contract, and requests to it."""

import io
import sys
import tarfile
import time
from pathlib import Path

from settings import LEAST, METRICS, config

from sagemaker_jobs.emulated.backend import EmulatedBackend
from sagemaker_jobs.kinds import ENDED, KINDS

ROLE, IMAGE, DATA = LEAST["role"], "image", "s3://fruit-bucket/data"
COMMON = """
import json, os, pathlib, signal, sys, time
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
"""
TRAINING = """
asked = json.loads((base / "input/config/hyperparameters.json").read_bytes())
seen = {
    "files": sorted(str(path.relative_to(base)) for path in (base / "input").rglob("*") if path.is_file()),
    "channels": json.loads((base / "input/config/inputdataconfig.json").read_bytes()),
    "hosts": json.loads((base / "input/config/resourceconfig.json").read_bytes())["hosts"],
    "environment": dict(os.environ),
    "leads_session": os.getsid(0) == os.getpid(),
    "asked": asked,
}
(base / "output/data/seen.json").write_text(json.dumps(seen))
checkpoint = base / "checkpoints" / "last"
if checkpoint.exists():
    print("from", checkpoint.read_text())
print("validation_score=0.1")
print("validation_score=" + asked.get("score", "0.5"), end="", flush=True)
if asked.get("do") == "fail":
    (base / "output/failure").write_text("x" * 2000)
    sys.exit(7)
if asked.get("do") == "wait":
    def stop(*_):
        (base / "checkpoints/last").write_text("a checkpoint")
        sys.exit(143)
    signal.signal(signal.SIGTERM, stop)
if asked.get("do") == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if asked.get("do") in ("wait", "deaf", "sleep"):
    print("\\nready", flush=True)
    time.sleep(60)
(base / "model/model.txt").write_text(asked.get("model", "a"))
"""
PROCESSING = """
data = base / "processing"
if sys.argv[1] == "fail":
    (base / "output/message").write_text("é" * 1000)
    sys.exit(2)
if sys.argv[1] == "wait":
    print("ready", flush=True)
    time.sleep(60)
found = {str(path.relative_to(data)): path.read_text() for path in (data / "input").rglob("*") if path.is_file()}
described = json.loads((base / "config/processingjobconfig.json").read_bytes())
seen = {"found": found, "arguments": sys.argv[1:], "name": described["ProcessingJobName"]}
(data / "output/seen/seen.json").write_text(json.dumps(seen))
(data / "output/seen/link").symlink_to("seen.json")
"""
# The model is a word; a prediction is the word and how many values the row has. Some words make a bad server.
SERVING = """
import http.server
models, ATTRIBUTES = {}, "X-Amzn-SageMaker-Custom-Attributes"
is_many = os.environ.get("SAGEMAKER_MULTI_MODEL") == "true"
word = "" if is_many else (base / "model/model.txt").read_text()
if word == "dies":
    sys.exit("no model")
if word == "slow":
    time.sleep(60)

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header(ATTRIBUTES, self.headers.get(ATTRIBUTES, ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/ping":
            self.answer(503 if word == "never" else 200)
        elif self.path == "/execution-parameters":
            self.answer(200, b'{"MaxConcurrentTransforms": 1, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1}')
        else:
            self.answer(200 if self.path.rpartition("/")[2] in models else 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/models":
            asked = json.loads(body)
            models[asked["model_name"]] = pathlib.Path(asked["url"], "model.txt").read_text()
            return self.answer(200)
        mine = models[self.path.split("/")[2]] if is_many else word
        os.write(1, f"request of {len(body.splitlines())} {os.environ.get('SAGEMAKER_BATCH')}\\n".encode())
        if "later" in body:
            time.sleep(1)
        if "bad" in body:
            return self.answer(400, b"a bad row")
        kind = self.headers["Content-Type"]
        if kind == "application/jsonlines":
            rows = [json.loads(line) for line in body.splitlines()]
            return self.answer(200, "".join(json.dumps(len(row)) + "\\n" for row in rows).encode(), kind)
        lines = [] if "mute" in body else [f"{mine},{len(row.split(','))}" for row in body.splitlines()]
        self.answer(200, "".join(line + "\\n" for line in lines).encode(), kind)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def make_project(folder: Path) -> Path:
    """Make the project."""
    contract = folder / "code" / "container" / "sagemaker_contract"
    contract.mkdir(parents=True)
    for name, program in (("training", TRAINING), ("processing", PROCESSING), ("serving", SERVING)):
        (contract / f"{name}.py").write_text(COMMON + program)
    python = folder / "code" / "container" / LEAST["model"] / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return folder


def open_backend(project: Path, name: str = "process") -> EmulatedBackend:
    """Open a backend on a project, as another command would."""
    return EmulatedBackend(name, config(), project)


def until_ended(backend: EmulatedBackend, kind: str, name: str) -> dict:
    """Wait for the end of a job, or until an endpoint is settled; give its description."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        described = KINDS[kind].describe(backend.sagemaker, name)
        if described[f"{kind}Status"] in ENDED:
            return described
        time.sleep(0.02)
    raise AssertionError(f"{name} goes on: {described}")


def until_logged(backend: EmulatedBackend, kind: str, name: str, words: str) -> list[str]:
    """Wait until a job's log has a line; give all lines up to it."""
    end, lines = time.monotonic() + 30, []
    while time.monotonic() < end:
        lines += backend.log_lines(kind, name)
        if words in lines:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"{lines} has no {words!r}")


def unpacked(content: bytes) -> dict[str, bytes]:
    """Give the files of a tar.gz, by name."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def packed(**files: str) -> bytes:
    """Give a tar.gz of files whose names, ending .txt, are given without that."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{name}.txt")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return written.getvalue()


def training(name: str, instances: int = 1, seconds: int = 60, **hyperparameters: str) -> dict:
    """Give a request of a training job."""
    s3 = {"S3DataType": "S3Prefix", "S3Uri": f"{DATA}/training", "S3DataDistributionType": "FullyReplicated"}
    channel = {"ChannelName": "training", "ContentType": "text/csv", "DataSource": {"S3DataSource": s3}}
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": METRICS,
        },
        "HyperParameters": hyperparameters,
        "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": "s3://fruit-bucket/models/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": instances, "VolumeSizeInGB": 1},
        "CheckpointConfig": {"S3Uri": "s3://fruit-bucket/checkpoints"},
        "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
        "Environment": {"FRUIT": "apple"},
    }


def model(name: str, uri: str, **container: str) -> dict:
    """Give a request of a model."""
    primary = {"Image": IMAGE, "ModelDataUrl": uri, **container}
    return {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": primary}
