"""Projects as a user has them: their own tests pass, and data that no project has seen trains and serves."""

import csv
import io
import json
import re
import shutil
import stat
import tarfile
from pathlib import Path

import pytest

# Every framework, pattern, purpose, web framework and language stands here at least once.
PROJECTS = {
    "sklearn": {},
    "xgboost": {"framework": "xgboost", "pattern": "toolkit_on_own_image", "web_framework": "flask"},
    "lightgbm": {
        "framework": "lightgbm",
        "pattern": "extend_aws_image",
        "web_framework": "toolkit",
        "package_manager": "pip",
    },
    "pytorch": {"framework": "pytorch", "pattern": "extend_aws_image", "web_framework": "flask"},
    "tensorflow": {"framework": "tensorflow", "python_version": "3.13"},
    "mxnet": {"framework": "mxnet", "pattern": "toolkit_on_own_image", "web_framework": "flask"},
    "huggingface": {"framework": "huggingface", "pattern": "toolkit_on_own_image"},
    "serve-only": {"purpose": "serve", "web_framework": "flask", "language": "ja"},
    "sklearn-onnx": {"model_format": "onnx"},
    "xgboost-onnx": {
        "framework": "xgboost",
        "model_format": "onnx",
        "web_framework": "flask",
        "package_manager": "pip",
    },
    "train-only": {"purpose": "train", "framework": "xgboost"},
}
# The package manager that takes longest, and AWS's own server.
SLOW_PROJECTS = {
    "sklearn-flask": {"web_framework": "flask", "package_manager": "poetry"},
    "sklearn-toolkit": {"web_framework": "toolkit", "pattern": "toolkit_on_own_image"},
}
# The other face of each framework, and the others in ONNX: in make test-all.
OTHER_PROJECTS = {
    "xgboost-fastapi": {"framework": "xgboost", "pattern": "extend_aws_image"},
    "lightgbm-flask": {"framework": "lightgbm", "web_framework": "flask"},
    "pytorch-fastapi": {"framework": "pytorch"},
    "tensorflow-flask": {"framework": "tensorflow", "web_framework": "flask", "pattern": "extend_aws_image"},
    "mxnet-fastapi": {"framework": "mxnet"},
    "lightgbm-onnx": {"framework": "lightgbm", "model_format": "onnx", "package_manager": "poetry"},
    "pytorch-onnx": {
        "framework": "pytorch",
        "model_format": "onnx",
        "pattern": "toolkit_on_own_image",
        "web_framework": "toolkit",
    },
    "tensorflow-onnx": {"framework": "tensorflow", "model_format": "onnx", "pattern": "extend_aws_image"},
    "serve-only-onnx": {"purpose": "serve", "model_format": "onnx"},
    "huggingface-flask": {"framework": "huggingface", "web_framework": "flask"},
    "huggingface-toolkit": {"framework": "huggingface", "pattern": "extend_aws_image", "web_framework": "toolkit"},
}
# Of these, make test runs what depends on the framework, and make test-all the rest, which is the same code everywhere.
PARTLY_TESTED = [
    *("lightgbm", "pytorch", "tensorflow", "mxnet", "huggingface", "serve-only", "sklearn-onnx", "xgboost-onnx"),
]
OF_NO_FRAMEWORK = [
    *("server_faults", "streaming", "large_bodies", "multi_model", "logs_and_figures"),
    *("pipe", "processing", "report", "group"),
]
ALL_PROJECTS = PROJECTS | SLOW_PROJECTS | OTHER_PROJECTS
TRAINING = [name for name, answers in PROJECTS.items() if answers.get("purpose") != "serve"]
TRAINING_AND_SERVING = [name for name in TRAINING if PROJECTS[name].get("purpose") != "train"]
OTHER_ONNX = [name for name in OTHER_PROJECTS if name.endswith("-onnx") and name != "serve-only-onnx"]

# Fisher's iris: a class in words in the middle, other columns than the shipped data, a file in a folder of its own.
HERE = Path(__file__).parent
HEADER, *FLOWERS = csv.reader((HERE / "iris.csv").read_text().splitlines())
# Of each project the file and its target; descriptions of places and parts of the body where it reads texts.
OF_TABLES = ("iris.csv", "species")
DATA = {"huggingface": ("places.csv", "kind")}

SAME_PREDICTIONS = """
import sys
from pathlib import Path
import numpy as np
from tumour import model
rows = np.random.default_rng(0).uniform(0, 8, (1000, 4))
one, two = (model.predict(model.load(Path(folder)), rows) for folder in sys.argv[1:])
assert np.array_equal(one, two)
"""


def each(names, full=()):
    """A test for each project; those of one project run in one process, which has its environment."""
    apart = dict.fromkeys(SLOW_PROJECTS, pytest.mark.slow) | dict.fromkeys([*OTHER_PROJECTS, *full], pytest.mark.full)
    marks = {name: [pytest.mark.xdist_group(name), *([apart[name]] if name in apart else [])] for name in names}
    return pytest.mark.parametrize("name", [pytest.param(name, marks=marks[name]) for name in names])


@each(ALL_PROJECTS, full=PARTLY_TESTED)
def test_a_projects_own_tests_pass(render, name):
    done = render(**ALL_PROJECTS[name]).run("make", "test")
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@each(PARTLY_TESTED)
def test_a_projects_own_tests_of_its_framework_pass(render, name):
    project = render(**PROJECTS[name])
    files = [f"tests/contract/test_{what}.py" for what in OF_NO_FRAMEWORK]
    left_out = [file for file in files if (project.folder / file).exists()]
    assert len(left_out) == len(files) or PROJECTS[name].get("purpose") == "serve"
    done = project.run("scripts/test/local.sh", *[f"--ignore={file}" for file in left_out])
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


@each([*TRAINING, *OTHER_ONNX])
def test_other_data_trains_and_serves(render, tmp_path, name):
    project = render(**ALL_PROJECTS[name])
    base = tmp_path / "ml"
    header, *rows = write_data(base, name)
    project.run("scripts/local_run/train.sh", SAGEMAKER_BASE_DIR=str(base))
    scores = json.loads((base / "output" / "data" / "metrics.json").read_bytes())
    assert scores["validation_score"] >= 0.9
    if name in [*TRAINING_AND_SERVING, *OTHER_ONNX]:
        labels = [row.pop(header.index(DATA.get(name, OF_TABLES)[1])) for row in rows]
        body = io.StringIO()
        csv.writer(body).writerows(rows)
        with project.serving(SAGEMAKER_BASE_DIR=str(base)) as send:
            status, text = send(body.getvalue().encode())
        assert status == 200
        right = sum(said == label for said, label in zip(text.splitlines(), labels, strict=True))
        assert right / len(labels) >= 0.9


@each(["sklearn", "lightgbm", "mxnet"])
def test_a_regression_judged_by_its_own_channel(render, tmp_path, name):
    project = render(**PROJECTS[name])
    numbers = [[*row[:2], *row[3:]] for row in FLOWERS]
    for channel, rows in {"training": numbers[::2], "validation": numbers[1::2]}.items():
        folder = tmp_path / "ml/input/data" / channel
        folder.mkdir(parents=True)
        with (folder / "flowers.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["sepal_length", "sepal_width", "petal_length", "petal_width"], *rows])
    (tmp_path / "ml/input/config").mkdir()
    (tmp_path / "ml/input/config/hyperparameters.json").write_text('{"target": "petal_length"}')
    project.run("scripts/local_run/train.sh", SAGEMAKER_BASE_DIR=str(tmp_path / "ml"))
    scores = json.loads((tmp_path / "ml/output/data/metrics.json").read_bytes())
    assert scores["validation_score"] > 0.9
    instances = {"instances": [[5.1, 3.5, 0.2], [None, 3.0, 2.1]]}
    with project.serving(SAGEMAKER_BASE_DIR=str(tmp_path / "ml")) as send:
        status, text = send(json.dumps(instances).encode(), "application/json")
    short, long = json.loads(text)["predictions"]
    assert status == 200
    assert 1 < short < 2 < long < 8


@each([name for name in [*TRAINING, *OTHER_ONNX] if name != "train-only"])
def test_the_same_inputs_give_the_same_archive(render, tmp_path, name):
    project = render(**ALL_PROJECTS[name])
    folders = [tmp_path / number for number in ("one", "two")]
    for base in folders:
        write_data(base, name)
        project.run("scripts/local_run/train.sh", SAGEMAKER_BASE_DIR=str(base))
    if name != "sklearn":  # skops numbers what it stores by where it lay in memory
        assert archive(folders[0] / "model") == archive(folders[1] / "model")
        return
    python = str(project.folder / "code/container/tumour/.venv/bin/python")
    models = [str(base / "model") for base in folders]
    project.run(python, "-c", SAME_PREDICTIONS, *models, PYTHONPATH=str(project.folder / "code/container"))


@each(TRAINING)
def test_no_model_may_be_called_like_a_library_that_is_installed(render, reserved, name):
    project = render(**PROJECTS[name])
    project.run("scripts/test/local.sh", "--version")  # which makes the environment
    python = str(project.folder / "code/container/tumour/.venv/bin/python")
    modules = project.run(python, "-c", "import importlib.metadata as m; print(*m.packages_distributions())").stdout
    assert {one for one in modules.split() if re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", one)} - reserved == set()


@each(TRAINING)
def test_a_wrong_hyperparameter_ends_the_script(render, tmp_path, name):
    project = render(**PROJECTS[name])
    write_data(tmp_path / "ml", name)
    (tmp_path / "ml/input/config/hyperparameters.json").write_text('{"seed": "many"}')
    done = project.run("scripts/local_run/train.sh", check=False, SAGEMAKER_BASE_DIR=str(tmp_path / "ml"))
    assert done.returncode == 2
    failure = (tmp_path / "ml/output/failure").read_text()
    assert "seed" in failure
    assert "'many'" in failure
    assert failure in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.xdist_group("sklearn")
def test_serving_before_training_says_what_to_do(render):
    project = render(**PROJECTS["sklearn"])
    shutil.rmtree(project.folder / "opt_ml", ignore_errors=True)
    done = project.run("scripts/local_run/serve.sh", check=False)
    assert done.returncode == 2
    assert "train.sh" in done.stderr.splitlines()[-1]


@pytest.mark.xdist_group("sklearn")
def test_an_unknown_model_is_named(render):
    project = render(**PROJECTS["sklearn"])
    done = project.run("scripts/local_run/train.sh", check=False, MODEL="nothing")
    assert done.returncode == 2
    assert done.stderr.startswith("MODEL is 'nothing'; accepted:")


@pytest.mark.xdist_group("serve-only")
def test_make_help_lists_what_there_is(render):
    project = render(**PROJECTS["serve-only"])
    text = project.run("make").stdout
    assert "sample-model" in text
    assert "train " not in text
    for line in text.splitlines():
        target = line.split()[0]
        project.run("make", "--dry-run", target)


@pytest.mark.xdist_group("serve-only")
def test_a_serve_only_project_makes_its_sample_model(render):
    project = render(**PROJECTS["serve-only"])
    rows = (project.folder / "sample_data/tumour/request.json").read_bytes()
    with project.serving() as send:
        status, text = send(rows, "application/json")
    assert (status, json.loads(text)) == (200, {"predictions": ["malignant", "benign", "malignant"]})


@pytest.mark.xdist_group("sklearn")
def test_the_scripts_are_executable_and_leave_nothing_for_git(render):
    project = render(**PROJECTS["sklearn"])
    for script in project.folder.glob("scripts/*/*.sh"):
        assert script.stat().st_mode & stat.S_IXUSR, script
    project.run("scripts/local_run/train.sh")
    project.run("git", "init", "--quiet")
    project.run("git", "add", "--all")
    project.run("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "one")
    project.run("scripts/local_run/train.sh")
    left = project.run("git", "status", "--porcelain").stdout
    assert left == ""
    assert "uv.lock" in project.run("git", "ls-files").stdout


def archive(folder):
    """Pack a folder, as whoever keeps the times of its files does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(folder, arcname=".")
    return packed.getvalue()


def write_data(base, name):
    """Write the input of a training job; give the rows, the header first."""
    file, target = DATA.get(name, OF_TABLES)
    channel = base / "input" / "data" / "training" / "nested"
    channel.mkdir(parents=True)
    shutil.copy(HERE / file, channel)
    (base / "input" / "config").mkdir()
    (base / "input/config/hyperparameters.json").write_text(json.dumps({"target": target}))
    return list(csv.reader((HERE / file).read_text().splitlines()))
