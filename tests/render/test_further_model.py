"""A further model joins a project: which files come, what they follow, and what is refused."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import copier
import pytest
import yaml
from answers import offered

TOOLS = Path(sys.executable).parent
ANSWERS = ".copier-answers.second.yml"
SECOND = {"scope": "model", "model_name": "second"}
# All that the project decides; a value that differs from the default, or from what the others imply.
FOLLOWED = {
    "language": "ja",
    "project_name": "other-project",
    "pattern": "toolkit_on_own_image",
    "purpose": "train",
    "web_framework": "flask",
    "package_manager": "poetry",
    "python_version": "3.13",
    "aws_region": "eu-west-1",
    "model_format": "onnx",
    "multi_model": True,
    "nonroot_serving": True,
    "combined_image": True,
    "tracking": "mlflow",
    "ci": "gitlab",
    "infrastructure": "cloudformation",
}
EVERYTHING = {
    "pattern": "extend_aws_image",
    "purpose": "both",
    "ci": "gitlab",
    "infrastructure": "cloudformation",
    "tracking": "mlflow",
    "marketplace": True,
}
DIFFERING = FOLLOWED | {"marketplace": True}  # one by one, for together they are refused in any project
OWN = re.compile(
    r"\.copier-answers\.second\.yml|(code/container|code/pipeline/configs|sample_data)/second/.*"
    r"|(infrastructure/models|marketplace)/second\.yml"
)


@pytest.fixture
def living(render, tmp_path) -> Callable[..., Path]:
    """Give a function that gives a project of these answers to write into."""

    def living(**answers) -> Path:
        return Path(shutil.copytree(render(model_name="tumour", **answers).folder, tmp_path / "churn-model"))

    return living


@pytest.fixture
def add(template) -> Callable[..., None]:
    """Give a function that adds a model to a project."""

    def add(folder: Path, answers_file: str | None = ANSWERS, **answers) -> None:
        copier.run_copy(
            str(template), folder, data=SECOND | answers, answers_file=answers_file, defaults=True, quiet=True
        )

    return add


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): (path.stat().st_mode, path.read_bytes()) for path in found}


def recorded(folder: Path, name: str) -> dict:
    return yaml.safe_load((folder / name).read_text("utf-8"))


@pytest.mark.parametrize("answers", [{}, EVERYTHING, {"purpose": "serve"}, FOLLOWED])
def test_a_further_model_brings_what_is_its_own_and_touches_nothing(living, add, answers):
    folder = living(**answers)
    before = files(folder)
    add(folder, framework="xgboost")
    after = files(folder)
    assert {name: after[name] for name in before} == before
    new = after.keys() - before.keys()
    assert [name for name in new if not OWN.fullmatch(name)] == []
    # every file of the first model has its like, and a Dockerfile comes besides
    likes = {name.replace("tumour", "second") for name in before if "tumour" in name}
    likes |= {name.replace("configs/", "configs/second/") for name in before if "pipeline/configs/" in name}
    assert new == likes | {ANSWERS, "code/container/second/Dockerfile"}


def test_a_further_model_may_have_another_framework(living, add):
    folder = living()
    add(folder, framework="lightgbm")
    second = folder / "code/container/second"
    assert "lightgbm==" in (second / "pyproject.toml").read_text()
    assert "import lightgbm" in (second / "model.py").read_text()
    dockerfile = (second / "Dockerfile").read_text()
    assert "libgomp1" in dockerfile
    assert "libgomp1" not in (folder / "scripts/docker/container/Dockerfile").read_text()
    assert "model: ${MODEL:-second}" in (folder / "code/pipeline/configs/second/base.yml").read_text()


def test_its_images_are_built_as_those_of_a_project_of_its_own(living, add, render):
    folder = living(pattern="extend_aws_image")
    add(folder, framework="xgboost")
    alone = render(pattern="extend_aws_image", framework="xgboost", model_name="second")
    dockerfile = (folder / "code/container/second/Dockerfile").read_text()
    assert dockerfile == alone.files["scripts/docker/container/Dockerfile"]
    result = subprocess.run(
        [TOOLS / "hadolint", folder / "code/container/second/Dockerfile"], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout


def test_a_further_model_follows_its_project(living, add):
    folder = living(**FOLLOWED)
    add(folder, framework="xgboost")
    ours, its = recorded(folder, ".copier-answers.yml"), recorded(folder, ANSWERS)
    own = {"model_name": "second", "framework": "xgboost", "scope": "model", "advanced": False}
    assert its == ours | own


@pytest.mark.parametrize("given", [{}, {"advanced": True}])
def test_nothing_is_asked_but_its_name_and_its_framework(living, template, monkeypatch, given):
    folder = living(pattern="toolkit_on_own_image")
    asked = []

    def prompt(questions, answers):
        asked.extend(one["name"] for one in questions if one["when"](answers))
        return answers

    monkeypatch.setattr("copier._main.unsafe_prompt", prompt)
    copier.run_copy(str(template), folder, data={"scope": "model"} | given, answers_file=ANSWERS, quiet=True)
    assert asked == ["model_name", "framework"]
    assert recorded(folder, ANSWERS)["model_name"] == "second"  # as the file of its answers is called


def test_every_question_follows_the_project_or_is_the_models_own():
    assert offered().keys() - DIFFERING.keys() == {"model_name", "framework", "advanced", "scope"}


@pytest.mark.parametrize("name", DIFFERING)
def test_an_answer_that_differs_from_the_projects_is_refused(living, add, name):
    folder = living(framework="xgboost")
    before = files(folder)
    of_project = recorded(folder, ".copier-answers.yml")[name]
    with pytest.raises(ValueError, match=rf"^[^\n]*'{name}': [^\n]*(; accepted|選べる値): {of_project}$"):
        add(folder, framework="xgboost", **{name: DIFFERING[name]})
    assert files(folder) == before


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("project", "answers", "reason"),
    [
        ({}, {"framework": "huggingface"}, "huggingface.*sklearn"),
        ({"framework": "huggingface"}, {"framework": "xgboost"}, "xgboost.*huggingface"),
        ({"model_format": "onnx", "python_version": "3.11"}, {"framework": "mxnet"}, "MXNet.*onnx"),
        ({}, {"framework": "mxnet"}, "MXNet.*3.11"),
        ({"pattern": "extend_aws_image"}, {"framework": "mxnet"}, "from_scratch, toolkit_on_own_image"),
        ({}, {"model_name": "tumour"}, "tumour"),
        ({}, {"model_name": "models"}, "Accepted: at most|40文字以内"),
        ({}, {"answers_file": None}, r"-a \.copier-answers\.second\.yml"),
        ({}, {"answers_file": ".copier-answers.yml"}, r"-a \.copier-answers\.second\.yml"),
        ({}, {"answers_file": ".copier-answers.third.yml"}, r"-a \.copier-answers\.second\.yml"),
    ],
)
def test_what_cannot_join_is_refused_and_nothing_is_written(living, add, project, answers, reason, language):
    folder = living(language=language, **project)
    before = files(folder)
    with pytest.raises(ValueError, match=reason) as refused:
        add(folder, **answers)
    assert "\n" not in str(refused.value)
    assert files(folder) == before


def test_a_model_that_is_there_is_not_written_over(living, add):
    folder = living()
    add(folder)
    (folder / "code/container/second/model.py").write_text("mine\n")
    before = files(folder)
    with pytest.raises(ValueError, match=r"has a model second already.*copier update"):
        add(folder)
    assert files(folder) == before


def test_a_third_model_joins_beside_the_second(living, add):
    folder = living()
    add(folder)
    add(folder, ".copier-answers.third.yml", model_name="third")
    assert (folder / "code/container/third/model.py").is_file()
    assert recorded(folder, ANSWERS)["model_name"] == "second"


@pytest.mark.parametrize(
    ("pattern", "frameworks"),
    [
        ("from_scratch", ["mxnet", "pytorch"]),
        ("toolkit_on_own_image", ["mxnet", "tensorflow"]),
        ("extend_aws_image", ["lightgbm", "tensorflow"]),
    ],
)
def test_the_shared_files_hold_nothing_of_one_framework(render, pattern, frameworks):
    # or a further model of another framework would go without it, or with that of the first
    apart = {"model_name": "tumour", "infrastructure": "cloudformation", "ci": "gitlab", "python_version": "3.11"}
    one, *others = (render(pattern=pattern, framework=name, **apart).files for name in ["sklearn", *frameworks])
    for other in others:
        differing = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
        shared = {name for name in differing if "/tumour" not in name and "pipeline/configs/" not in name}
        assert shared <= {"README.md", ".copier-answers.yml", "scripts/docker/container/Dockerfile"}
