"""Every kind of project, rendered: it is whole, clean, and looks written by hand."""

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

import copier
import jinja2
import pytest
import yaml
from answers import (
    FRAMEWORKS,
    TEXTS,
    Project,
    allowed_pairs,
    is_refused,
    offered,
    pairs_of,
    pairwise_rows,
    read_questions,
    texts_in,
)
from jinja2 import nodes

pytestmark = pytest.mark.xdist_group("matrix")  # so that one worker renders it

TOOLS = Path(sys.executable).parent
NOT_ON_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)
# What its bash, 3.2, and its commands do not know.
NOT_ON_MACOS = re.compile(
    r"\[-1\]|\$\{\w+(,,|\^\^|@)|\b(mapfile|readarray|coproc|sha256sum|md5sum)\b|\b(declare|local) -[An]|\|&|&>>"
)
FILLED = {"images", "endpoints", "data"}  # arrays of scripts that hold something before they are used
JINJA = re.compile(r"\{\{|\{%|%\}|\{#|#\}")
IMPORTED_AS = {
    "arro3-core": "arro3",
    "arro3-io": "arro3",
    "pysimdjson": "simdjson",
    "scikit-learn": "sklearn",
    "tensorflow-cpu": "tensorflow",
    "xgboost-cpu": "xgboost",
}
# Braces that are no left-over of Jinja: the shell's ${#array}, GitHub's expressions, Docker's templates.
OWN_BRACES = re.compile(r"\$\{#\w+|\$\{\{ [^{}]* \}\}|\{\{(if |index |json )?\.[^}]*\}\}|\{\{end\}\}")
# Judges any image, and so speaks of everything that there is.
JUDGE = "scripts/test/conformance/"


def check(matrix: list[Project], problems_of: Callable[[Project], Iterable[str]]) -> None:
    """Fail where a project has problems; one that several have is told once, with the first of them."""
    found: dict[str, list[Project]] = {}
    for project in matrix:
        for problem in problems_of(project):
            found.setdefault(problem, []).append(project)
    lines = [f"{problem}  ({len(where)} projects, such as {where[0]})" for problem, where in found.items()]
    assert not lines, "\n".join(lines)


def distinct(matrix: list[Project], is_wanted: Callable[[str, str], bool]) -> list[Path]:
    """List the files of all projects that a linter is to see, those of the same name and text once."""
    found = {
        (Path(name).name, text): project.folder / name
        for project in matrix
        for name, text in project.files.items()
        if is_wanted(name, text)
    }
    assert found, "no project holds such a file"
    return list(found.values())


def lint(tool: str, *arguments: object) -> None:
    """Run a linter; the same finding in several projects is told once."""
    result = subprocess.run([TOOLS / tool, *map(str, arguments)], capture_output=True, text=True)
    findings = re.sub(r"\S*/project\d+/", "", result.stdout + result.stderr).splitlines()
    assert result.returncode == 0, "\n".join(dict.fromkeys(findings))


def is_shell(name: str, text: str) -> bool:
    return name.endswith(".sh") or re.match(r"#!.*\b(ba|da)?sh\b", text) is not None


# What the matrix holds


def test_every_allowed_pair_of_answers_is_in_the_matrix():
    values = {name: TEXTS.get(name, choices) for name, choices in offered().items()}
    covered = set().union(*map(pairs_of, pairwise_rows()))
    assert set(allowed_pairs(values, is_refused)) - covered == set()


def test_every_framework_is_rendered_under_every_pattern(matrix):
    rendered = {(project.answers["framework"], project.answers["pattern"]) for project in matrix}
    assert len(rendered) == len(FRAMEWORKS) * 3 - 1  # mxnet has no image of AWS's


# Layout

# DESIGN.md's tree, path for path, by folder; {model} is the model's. A lock is made on first use.
LAYOUT = {
    "code/container": ["sagemaker_contract/"],
    "code/container/{model}": ["model.py", "utils/", "pyproject.toml"],
    "code/container/{model}/jobs": ["preprocess.py", "evaluation.py", "inference.py", "training.py"],
    "code/pipeline": ["configs/", "pyproject.toml"],
    "code/pipeline/batches": ["collection/", "preprocess/", "training/", "evaluation/", "inference/"],
    "code/pipeline/utils": ["config_reader.py", "aws/s3_client.py", "aws/sagemaker_client.py"],
    "code/pipeline/utils/db": ["enum/", "db_adapter.py", "schema.py"],
    "scripts/docker/container": ["Dockerfile", "build.sh", "push.sh"],
    "scripts/docker/pipeline": ["Dockerfile", "build.sh", "push.sh"],
    "scripts/local_run": ["local_mode.sh", "pipeline.sh"],
    "scripts/test": ["container.sh", "pipeline.sh"],
}


def test_a_project_that_trains_and_serves_has_the_layout_path_for_path(matrix):
    def missing(project):
        if project.answers["purpose"] == "both":
            for folder, names in LAYOUT.items():
                for name in names:
                    path = project.folder / folder.format(model=project.answers["model_name"]) / name
                    if not (path.is_dir() if name.endswith("/") else path.is_file()):
                        yield f"{folder}/{name} is missing"

    check(matrix, missing)


# Text


def test_no_jinja_is_left(matrix):
    def left_overs(project):
        for name, text in project.files.items():
            for line in OWN_BRACES.sub("", text).splitlines():
                if JINJA.search(line):
                    yield f"{name}: {line}"

    check(matrix, left_overs)


def test_no_file_has_stray_space(matrix):
    def stray(project):
        for name, text in project.files.items():
            most = 2 if name.endswith(".py") else 1
            if text and not re.search(r"[^\n]\n\Z", text):
                yield f"{name}: does not end in exactly one newline"
            if text.startswith("\n"):
                yield f"{name}: starts with an empty line"
            if "\n" * (most + 2) in text:
                yield f"{name}: more than {most} empty lines together"
            if re.search(r"[ \t\r]$", text, re.MULTILINE):
                yield f"{name}: trailing space"

    check(matrix, stray)


def test_every_file_parses(matrix):
    parsers = {
        ".py": lambda text: ast.parse(text, feature_version=(3, 11)),
        ".json": json.loads,
        ".toml": tomllib.loads,
        ".yml": yaml.compose,  # which knows any tag, such as CloudFormation's !Ref
        ".yaml": yaml.compose,
    }

    def unparsable(project):
        for name, text in project.files.items():
            try:
                parsers.get(Path(name).suffix, str)(text)
            except Exception as error:
                yield f"{name}: {error}"

    check(matrix, unparsable)


def test_every_script_that_a_reader_is_told_of_is_there(matrix):
    def missing(project):
        for name in ("README.md", "Makefile"):
            scripts = set(re.findall(r"\bscripts/[\w/.-]+\.sh\b", project.files[name]))
            yield from (f"{name} names {script}" for script in scripts - project.files.keys())

    check(matrix, missing)


# Names and modes


def test_every_name_is_legal_on_windows(matrix, template):
    names = {name for project in matrix for name in project.files}
    names |= {path.relative_to(template).as_posix() for path in template.rglob("*")}
    assert [name for name in names if any(NOT_ON_WINDOWS.search(part) for part in name.split("/"))] == []


def test_no_two_names_differ_by_case_only(matrix, template):
    names = [path.relative_to(template).as_posix() for path in template.rglob("*")]
    assert len({name.lower() for name in names}) == len(names)
    for project in matrix:
        assert len({name.lower() for name in project.files}) == len(project.files)


def test_what_starts_with_a_shebang_is_executable_and_nothing_else(matrix):
    def wrong_modes(project):
        for name, text in project.files.items():
            mode = stat.S_IMODE((project.folder / name).stat().st_mode)
            if bool(mode & 0o111) != text.startswith("#!"):
                yield f"{name}: {mode:o}"

    check(matrix, wrong_modes)


# Linters, each called once


def test_python_passes_ruff(matrix):
    assert all("ruff" in tomllib.loads(project.files["pyproject.toml"])["tool"] for project in matrix)
    lint("ruff", "check", "--no-cache", "--output-format=concise", *(project.folder for project in matrix))


def test_python_is_formatted(matrix):
    lint("ruff", "format", "--no-cache", "--check", *(project.folder for project in matrix))


def test_shell_passes_shellcheck(matrix):
    lint("shellcheck", *distinct(matrix, is_shell))


def test_shell_is_what_macos_knows(matrix):
    def unknown(project):
        for name, text in project.files.items():
            if is_shell(name, text):
                yield from (f"{name}: {found[0]}" for found in NOT_ON_MACOS.finditer(text))
                for array in set(re.findall(r"(\w+)=\(\)", text)) - FILLED:
                    if re.search(rf'(?<!\+)"\$\{{{array}\[@\]\}}"', text):
                        yield f"{name}: {array} may be empty, and then counts as unset"

    check(matrix, unknown)


def test_dockerfiles_pass_hadolint(matrix):
    lint("hadolint", *distinct(matrix, lambda name, _: Path(name).name == "Dockerfile"))


def test_templates_of_cloudformation_pass_cfn_lint(matrix):
    lint("cfn-lint", *distinct(matrix, lambda _, text: "\nAWSTemplateFormatVersion: " in text))


# What a project holds follows from its answers, and nothing more does


def named_or_held(project: Project, pattern: str) -> list[str]:
    """List the files whose name or text matches; some may speak of anything."""
    sought = re.compile(pattern)
    return [
        name
        for name, text in project.files.items()
        if not name.startswith(("README.md", ".copier-answers.yml", JUDGE))
        and (sought.search(name) or sought.search(text))
    ]


def test_a_project_that_only_trains_holds_nothing_of_serving(matrix):
    chosen = [project for project in matrix if project.answers["purpose"] == "train"]
    serving = r"(?i)fastapi|flask|uvicorn|gunicorn|invocations|/ping|(^|/)(serv\w*|inference\.\w+)|serve\.sh|make serve"
    # one program for all; a ProcessingJob; what any project ever held
    allowed = re.compile(r"(code|tests)/pipeline/|.*/jobs/inference\.py|scripts/updating/renames\.tsv")

    check(chosen, lambda project: [name for name in named_or_held(project, serving) if not allowed.match(name)])


def test_a_project_that_only_serves_holds_nothing_of_training(matrix):
    chosen = [project for project in matrix if project.answers["purpose"] == "serve"]
    training = (
        r"sagemaker_contract[./]training|(^|/)jobs/|(^|/)train\.sh$|training\.py|make train|sagemaker[-_]training"
    )
    allowed = re.compile(r"(code|tests)/pipeline/")  # one program for all
    check(chosen, lambda project: [name for name in named_or_held(project, training) if not allowed.match(name)])


def test_only_a_project_with_handlers_holds_them(matrix):
    for project in matrix:
        answers = project.answers
        has_handlers = answers["web_framework"] == "toolkit" and answers["purpose"] != "train"
        assert (f"code/container/{answers['model_name']}/inference.py" in project.files) == has_handlers


def test_a_project_from_scratch_holds_no_code_of_aws(matrix):
    chosen = [project for project in matrix if project.answers["pattern"] == "from_scratch"]
    toolkits = r"sagemaker[-_](training|inference)|multi-model-server|\.dkr\.ecr\.[\w-]+\.amazonaws\.com/\w+-training"
    check(chosen, lambda project: named_or_held(project, toolkits))


def test_a_project_holds_one_package_manager(matrix):
    traces = {"uv": r"\buv\.lock|tool\.uv", "pip": "compile_lock", "poetry": r"[Pp]oetry|POETRY"}

    def of_others(project):
        others = "|".join(trace for manager, trace in traces.items() if manager != project.answers["package_manager"])
        yield from named_or_held(project, others)

    check(matrix, of_others)


def table_of_the_users_files(readme: str) -> set[str]:
    """Give the paths in the table of a README that has `model.py`."""
    [table] = [part for part in readme.split("\n\n") if part.startswith("|") and "/model.py`" in part]
    return {path for row in table.splitlines() for path in re.findall("`([^`]+)`", row)}


def test_the_readme_names_the_users_files_that_are_there(matrix):
    may_be = ["code/container/MODEL/jobs/", "code/container/MODEL/inference.py", "marketplace/MODEL.yml"]

    def wrong(project):
        def is_there(path):
            return any(f"{name}/".startswith(path.replace("MODEL", model)) for name in project.files)

        model, named = project.answers["model_name"], table_of_the_users_files(project.files["README.md"])
        yield from (f"names {path}" for path in named if not is_there(path))
        yield from (f"lacks {path}" for path in may_be if is_there(path) and path not in named)

    check(matrix, wrong)


def test_the_readme_speaks_of_no_other_framework(matrix, template):
    facts = {name: yaml.safe_load((template / f"parts/frameworks/{name}/facts.yml").read_text()) for name in FRAMEWORKS}

    def of_others(project):
        readme = project.files["README.md"].replace("PyTorch", "", 1)  # of which a build stands outside the lock
        others = {facts[name]["label"].split()[-1] for name in FRAMEWORKS if name != project.answers["framework"]}
        yield from (f"{project.answers['framework']}: {other}" for other in others if other in readme)

    check([one for one in matrix if not facts[one.answers["framework"]]["outside_lock"]], of_others)


def test_the_readmes_speak_of_no_other_purpose(matrix):
    of_training = r"make train|checkpoint|hyperparameter|source\.kind|trains in each|学習が行われ"
    of_serving = (
        r"(?i)make serve|/ping|endpoint|エンドポイント|deploys the model|モデルのデプロイ|SAGEMAKER_PROBABILITIES"
    )
    foreign = {"serve": of_training, "train": of_serving, "both": "(?!)"}
    of_one_purpose = {"README.md", "scripts/ci/README.md"}

    def of_other(project):
        for name in of_one_purpose & project.files.keys():
            found = re.findall(foreign[project.answers["purpose"]], project.files[name])
            yield from (f"{name}: {word}" for word in found)

    check(matrix, of_other)


def test_the_record_holds_every_answer_that_was_asked(matrix):
    for project in matrix:
        recorded = yaml.safe_load(project.files[".copier-answers.yml"])
        assert {name: recorded[name] for name in offered()} == {name: project.answers[name] for name in offered()}


# Names


def test_no_model_may_be_called_like_a_library_of_any_project(matrix, reserved):
    libraries = set()
    for project in matrix:
        manifest = tomllib.loads(project.files[f"code/container/{project.answers['model_name']}/pyproject.toml"])
        groups = [group for name, group in manifest["dependency-groups"].items() if name != "toolkit"]
        for requirement in chain(manifest["project"]["dependencies"], *groups):
            library = re.match("[A-Za-z0-9._-]+", requirement)[0].lower()
            libraries.add(IMPORTED_AS.get(library, library.replace("-", "_")))
    assert libraries - reserved == set()


def test_no_model_may_be_called_like_a_folder_beside_it(matrix, reserved):
    for project in matrix:
        beside = {path.name for path in (project.folder / "code" / "container").iterdir()}
        assert beside - {project.answers["model_name"]} <= reserved


def test_no_model_has_an_image_that_is_called_like_the_pipelines(reserved):
    assert "pipeline" in reserved


# The house


def jinja_texts(template: Path) -> Iterable[tuple[str, str]]:
    """Give every text in which Jinja may stand, and where that is."""
    for path in sorted([*(template / "template").rglob("*"), *(template / "parts").rglob("*")]):
        where = path.relative_to(template).as_posix()
        yield where, path.name
        if path.is_file() and (path.suffix == ".jinja" or where.startswith("parts/")):
            yield where, path.read_text("utf-8")
    for name, question in read_questions(template).items():
        for text in texts_in(question):
            yield f"question {name}", text


def test_no_text_makes_jinja_warn(template):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a backslash that a later Python will refuse, say
        for _, text in jinja_texts(template):
            jinja2.Environment().parse(text)


def test_frameworks_differ_in_their_folders_only(template):
    found = []
    for where, text in jinja_texts(template):
        # both questions have to name what cannot be combined with what
        if where.startswith("parts/frameworks/") or where in ("question pattern", "question framework"):
            continue
        for constant in jinja2.Environment().parse(text).find_all(nodes.Const):
            if constant.value in FRAMEWORKS:
                found.append(f"{where}: {constant.value}")
    assert found == []


def test_every_framework_has_its_folder_with_the_same_files(template):
    held = {folder.name: set(os.listdir(folder)) for folder in (template / "parts" / "frameworks").iterdir()}
    assert held.keys() == set(FRAMEWORKS)
    without_onnx = {"mxnet", "huggingface"}
    assert all("onnx_export.py" not in held[framework] for framework in without_onnx)
    assert {name for name, files in held.items() if files != held["sklearn"]} == without_onnx


@pytest.mark.parametrize("pattern", offered()["pattern"])
def test_adding_a_framework_is_adding_one_folder_and_one_choice(template, tmp_path, pattern):
    house = tmp_path / "house"
    shutil.copytree(template, house)
    frameworks = house / "parts" / "frameworks"
    shutil.copytree(frameworks / "sklearn", frameworks / "thirteenth")
    decisions = house / "questions" / "1-decisions.yml"
    choice = "    scikit-learn: sklearn\n"
    assert choice in decisions.read_text("utf-8")
    decisions.write_text(decisions.read_text("utf-8").replace(choice, choice + "    Thirteenth: thirteenth\n"), "utf-8")

    answers = {"framework": "thirteenth", "pattern": pattern}
    copier.run_copy(str(house), tmp_path / "project", data=answers, defaults=True, quiet=True)
    model = tmp_path / "project/code/container/project_model/model.py"
    assert model.read_text("utf-8") == (frameworks / "sklearn" / "model.py").read_text("utf-8")
