"""What the template asks, and the sets of answers that the tests give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any

import jinja2
import yaml

ROOT = Path(__file__).resolve().parent.parent
FREE_TEXT = None

# The list of DESIGN.md: every question in the order asked; of its values the first is the default.
DESIGN = {
    "language": ["en", "ja"],
    "project_name": FREE_TEXT,
    "model_name": FREE_TEXT,
    "pattern": ["from_scratch", "toolkit_on_own_image", "extend_aws_image"],
    "framework": ["sklearn", "xgboost", "lightgbm", "pytorch", "tensorflow", "mxnet", "huggingface"],
    "purpose": ["both", "train", "serve"],
    "web_framework": ["fastapi", "flask", "toolkit"],
    "advanced": [False, True],
    "package_manager": ["uv", "pip", "poetry"],
    "python_version": ["3.12", "3.11", "3.13"],
    "aws_region": FREE_TEXT,
    "model_format": ["native", "onnx"],
    "multi_model": [False, True],
    "nonroot_serving": [False, True],
    "combined_image": [False, True],
    "tracking": ["none", "mlflow"],
    "ci": ["none", "github", "gitlab"],
    "infrastructure": ["none", "cloudformation"],
    "marketplace": [False, True],
    "scope": ["project", "model"],
}
# What this release does not offer yet: whole questions, and single values. A later release shortens this table.
QUESTIONS_TO_COME: set[str] = set()
VALUES_TO_COME: dict[str, set] = {}

DECISIONS = ["pattern", "framework", "purpose", "web_framework"]
PROMPTS = ["language", "project_name", "model_name", *DECISIONS, "advanced"]


def offered() -> dict[str, list | None]:
    """Give DESIGN.md's list less what is still to come."""
    return {
        name: values and [value for value in values if value not in VALUES_TO_COME.get(name, ())]
        for name, values in DESIGN.items()
        if name not in QUESTIONS_TO_COME
    }


FRAMEWORKS = offered()["framework"]


def is_refused(answers: dict) -> bool:
    """Say whether these answers, maybe not all of them, are a combination that cannot exist."""
    mxnet = answers.get("framework") == "mxnet"
    return (
        (mxnet and answers.get("pattern") == "extend_aws_image")
        or (answers.get("framework") in ("mxnet", "huggingface") and answers.get("model_format") == "onnx")
        or (mxnet and answers.get("python_version") in ("3.12", "3.13"))
        or (answers.get("web_framework") == "toolkit" and answers.get("pattern") == "from_scratch")
        or (answers.get("web_framework") == "toolkit" and answers.get("multi_model", False))
        or (
            answers.get("marketplace", False)
            and (answers.get("purpose") == "train" or answers.get("multi_model", False))
        )
        or answers.get("scope") == "model"  # without a project to join
    )


# One set of answers for each combination that is refused, and a piece of the reason given in either language.
REFUSED = [
    ({"framework": "mxnet", "pattern": "extend_aws_image"}, "Python 3.8"),
    ({"web_framework": "toolkit"}, "AWS"),
    ({"web_framework": "toolkit", "pattern": "from_scratch"}, "AWS"),
    ({"web_framework": "toolkit", "pattern": "toolkit_on_own_image", "multi_model": True}, "AWS"),
    ({"framework": "mxnet", "model_format": "onnx"}, "MXNet.*native"),
    ({"framework": "huggingface", "model_format": "onnx"}, "Transformers.*native"),
    ({"framework": "mxnet", "python_version": "3.12"}, "3.11"),
    ({"marketplace": True, "purpose": "train"}, "purpose.*both, serve"),
    ({"marketplace": True, "multi_model": True}, "multi_model"),
    ({"framework": "mxnet", "python_version": "3.13"}, "3.11"),
    ({"scope": "model"}, r"\.copier-answers\.yml"),
]

# Values of the free texts that their validators must refuse.
BAD_TEXTS = {
    "project_name": [
        "Churn",
        "churn model",
        "churn_model",
        "churn-",
        "-churn",
        "churn--model",
        "1churn",
        "c" * 33,
        "churn-model\n",
        "モデル",
        "",
    ],
    "model_name": [
        "class",  # a keyword
        "match",  # a soft keyword
        "json",  # in the standard library of every Python
        "imp",  # of 3.11 only
        "annotationlib",  # of 3.14 only
        "sklearn",
        "sagemaker_contract",
        "psutil",  # which a library of the project's brings
        "s3",  # the pipeline's own, in opt_ml
        "churn__model",
        "churn_",
        "churn-model",
        "Churn",
        "c" * 41,
        "churn_model\n",
        "モデル",
        "",
    ],
    "aws_region": ["tokyo", "US-EAST-1", "us_east_1", "us-east", "us-east-1\n", ""],
}

# Values of the free texts in the matrix; the second name is as long as it may be, because long names wrap lines.
TEXTS = {
    "project_name": ["churn-model", "a-project-name-of-32-characters1"],
    "model_name": ["churn_model", "a_model_name_of_as_many_as_40_characters"],
    # registries in China have another domain, and a new region is none that the template knows an image in
    "aws_region": ["us-east-1", "ap-northeast-1", "cn-north-1", "xy-nowhere-1"],
}


# Three answers that call together for a part of the Dockerfile: AWS's PyTorch image has no Java.
JAVA = {"pattern": "extend_aws_image", "framework": "pytorch", "web_framework": "toolkit", "purpose": "serve"}

# Answers that call together for libraries of a fit's own, and for AWS's toolkit beside them.
APART = {
    "pattern": "toolkit_on_own_image",
    "framework": "sklearn",
    "purpose": "both",
    "web_framework": "fastapi",
    "package_manager": "poetry",
    "model_format": "onnx",
}


def pairwise_rows() -> list[dict]:
    """Give sets of answers to all questions that hold every allowed pair of two answers, JAVA and APART."""
    rows = pairwise({name: TEXTS.get(name, choices) for name, choices in offered().items()}, is_refused)
    return [*rows, rows[0] | JAVA, rows[0] | APART]


def every_cell() -> list[dict]:
    """Give every allowed set of the four decisions."""
    values = [offered()[name] for name in DECISIONS]
    cells = [dict(zip(DECISIONS, cell, strict=True)) for cell in product(*values)]
    return [cell for cell in cells if not is_refused(cell)]


def pairwise(values: dict[str, list], is_refused: Callable[[dict], bool]) -> list[dict]:
    """Give few rows that hold every allowed pair of values; allpairspy loses some pairs where a filter is given."""
    rows: list[dict] = []
    covered: set = set()
    for pair in allowed_pairs(values, is_refused):
        if pair in covered:
            continue
        row = dict(pair)
        for name in [name for name in values if name not in row]:
            longer = [row | {name: value} for value in values[name] if not is_refused(row | {name: value})]
            row = max(longer, key=lambda candidate: len(pairs_of(candidate) - covered))
        covered |= pairs_of(row)
        rows.append(row)
    return rows


def allowed_pairs(values: dict[str, list], is_refused: Callable[[dict], bool]) -> list[tuple]:
    """List every pair of answers to two questions that is not refused, as pairs_of() gives them."""
    return [
        ((one, a), (other, b))
        for one, other in combinations(sorted(values), 2)
        for a, b in product(values[one], values[other])
        if not is_refused({one: a, other: b})
    ]


def pairs_of(row: dict) -> set[tuple]:
    """Give the pairs of answers that a row holds."""
    return set(combinations(sorted(row.items()), 2))


def read_questions(template: Path) -> dict[str, dict]:
    """Read what copier.yml asks and computes, in its order, settings left out."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!include", lambda _, node: yaml.safe_load((template / node.value).read_text("utf-8")))
    documents = yaml.load_all((template / "copier.yml").read_text("utf-8"), Loader)
    return {name: entry for document in documents for name, entry in document.items() if not name.startswith("_")}


def texts_in(value: object) -> Iterator[str]:
    """Give every text in a part of copier.yml; Jinja may stand in each."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from texts_in([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item)


def is_asked(question: dict) -> bool:
    """Say whether this is a question, no computed value."""
    return question.get("when", True) is not False


def in_language(text: str, language: str) -> str:
    """Render a text of the questions in a language."""
    return jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render(language=language)


def values_of(question: dict) -> list | None:
    """List the values that a question offers, none for a free text."""
    if question["type"] == "bool":
        return [False, True]
    choices = question.get("choices")
    if not choices:
        return FREE_TEXT
    values = choices.values() if isinstance(choices, dict) else choices
    return [value["value"] if isinstance(value, dict) else value for value in values]


@dataclass(frozen=True)
class Project:
    """A rendered project and the answers it was rendered from."""

    folder: Path
    answers: dict[str, Any]

    def __str__(self) -> str:
        """Name the project by its decisions, for a failing test's message."""
        return "+".join(str(self.answers[name]) for name in [*DECISIONS, "package_manager"])

    @cached_property
    def files(self) -> dict[str, str]:
        """Map each file's path inside the project to its text."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes().decode() for path in paths}
