"""The base images of the tests: real ones where they can be pulled, and stand-ins where they cannot."""

import fcntl
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

STAND_INS = Path(__file__).parent / "stand_ins"
# Which stand-in is AWS's image for a framework; the build arguments choose what it holds.
AWS_IMAGES = {
    "sklearn": "stand-in/aws-scikit-learn",
    "lightgbm": "stand-in/aws-scikit-learn",
    "xgboost": "stand-in/aws-xgboost",
    "pytorch": "stand-in/aws-pytorch",
    "tensorflow": "stand-in/aws-tensorflow",
}
RECIPES = {
    "stand-in/aws-scikit-learn": ("aws_scikit_learn.Dockerfile", {}),
    "stand-in/aws-xgboost": (
        "aws_scikit_learn.Dockerfile",
        {"FRAMEWORK": "xgboost", "MODULE": "sagemaker_xgboost_container"},
    ),
    "stand-in/aws-pytorch": ("aws_pytorch.Dockerfile", {}),
    "stand-in/aws-tensorflow": ("aws_pytorch.Dockerfile", {"FRAMEWORK": "tensorflow"}),
}


def base_image(answers: dict, python: str) -> str:
    """Give the name of the image that a project's images build on, and see that the engine has it."""
    slim = f"python:{python}-slim"
    _provide(slim)
    if answers.get("pattern") != "extend_aws_image":
        return slim
    aws = AWS_IMAGES[answers.get("framework", "sklearn")]
    _provide(aws)
    return aws


def _provide(image: str) -> None:
    with _one_at_a_time():
        if _docker("image", "inspect", image) or (image.startswith("python:") and _docker("pull", image)):
            return
        if image.startswith("python:"):
            command = [STAND_INS / "python_slim.sh", image.removeprefix("python:").removesuffix("-slim")]
        else:
            file, arguments = RECIPES[image]
            settings = [f"--build-arg={name}={value}" for name, value in arguments.items()]
            command = ["docker", "build", "--tag", image, "--file", STAND_INS / file, *settings, STAND_INS]
        subprocess.run(command, check=True, timeout=1800, env=os.environ | {"DOCKER_BUILDKIT": "1"})


def _docker(*command: str) -> bool:
    return subprocess.run(["docker", *command], capture_output=True, timeout=1800).returncode == 0


@contextmanager
def _one_at_a_time():
    """Keep two workers from making the same image."""
    with Path(tempfile.gettempdir(), "sm-template-bases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
