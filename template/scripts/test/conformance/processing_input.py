"""What a processing job finds: its inputs, and the description of the job."""

import shutil
import tarfile
from pathlib import Path

from .bench import Bench
from .given import write_json

PLACE = "/opt/ml/processing"
INPUTS = {"model": f"{PLACE}/input/model", "test": f"{PLACE}/input/test"}
OUTPUTS = {"evaluation": f"{PLACE}/output/evaluation"}


def write_input(bench: Bench, base: Path, words: list[str]) -> None:
    """Write the folders that SageMaker mounts: the model as model.tar.gz, and the files of the first channel."""
    for folder in (
        "processing/input/model",
        "processing/input/test",
        "processing/output/evaluation",
        "config",
        "output",
    ):
        (base / folder).mkdir(parents=True)
        (base / folder).chmod(0o777)
    with tarfile.open(base / "processing/input/model/model.tar.gz", "w:gz") as tar:
        for path in sorted(bench.model.iterdir()):
            tar.add(path, path.name)
    channels = bench.given.channels
    for file in channels.get("training", next(iter(channels.values()))):
        shutil.copy(file, base / "processing/input/test")
    write_json(base / "config/processingjobconfig.json", _job(bench, words))
    write_json(base / "config/resourceconfig.json", {"current_host": "algo-1", "hosts": ["algo-1"]})


def _job(bench: Bench, words: list[str]) -> dict:
    """Describe the job as SageMaker does in processingjobconfig.json."""
    inputs = [
        {"InputName": name, "AppManaged": False, "S3Input": {"S3Uri": f"s3://contract/{name}", "LocalPath": path}}
        for name, path in INPUTS.items()
    ]
    outputs = [
        {"OutputName": name, "AppManaged": False, "S3Output": {"S3Uri": f"s3://contract/{name}", "LocalPath": path}}
        for name, path in OUTPUTS.items()
    ]
    return {
        "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:000000000000:processing-job/contract",
        "ProcessingJobName": "contract",
        "AppSpecification": {
            "ImageUri": bench.image,
            "ContainerEntrypoint": words[:1],
            "ContainerArguments": words[1:],
        },
        "Environment": {},
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": outputs},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
    }
