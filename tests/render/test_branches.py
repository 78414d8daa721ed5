"""Every branch that Jinja can take, in files, file names and questions, is taken by some render."""

import contextlib
import io
import json
from itertools import count
from pathlib import Path
from typing import ClassVar

import copier
import copier._main
import pytest
import yaml
from answers import BAD_TEXTS, REFUSED, pairwise_rows, read_questions, texts_in
from jinja2 import nodes
from repository import commit_all

# Of a project, and of a further model: what it is given; some of it is refused.
JOINING = [
    ({"purpose": "both"}, {}),
    ({"purpose": "serve", "infrastructure": "cloudformation", "pattern": "extend_aws_image"}, {}),
    ({"model_name": "tumour"}, {"model_name": "tumour"}),
    ({}, {"framework": "huggingface"}),
    ({"model_format": "onnx", "python_version": "3.11"}, {"framework": "mxnet"}),
    ({}, {"model_name": "third"}),
    ({}, {"language": "ja"}),
    *[
        ({name: value}, {name: other})
        for name, value, other in [
            ("project_name", "one", "other"),
            ("pattern", "from_scratch", "toolkit_on_own_image"),
            ("purpose", "both", "train"),
            ("web_framework", "fastapi", "flask"),
            ("package_manager", "uv", "pip"),
            ("python_version", "3.12", "3.11"),
            ("aws_region", "eu-west-1", "eu-west-2"),
            ("model_format", "native", "onnx"),
            ("multi_model", False, True),
            ("nonroot_serving", False, True),
            ("combined_image", False, True),
            ("tracking", "none", "mlflow"),
            ("ci", "none", "github"),
            ("infrastructure", "none", "cloudformation"),
            ("marketplace", False, True),
        ]
    ],
]


class MarkingEnvironment(copier._main.SandboxedEnvironment):
    """Copier's environment, with a note made at the start of every branch."""

    branches: ClassVar[set[str]] = set()
    taken: ClassVar[set[str]] = set()
    loaded: ClassVar[set[str]] = set()

    def _parse(self, source, name, filename):
        tree = super()._parse(source, name, filename)
        self.loaded.add(name)
        where = name or " ".join(source.split())
        numbers = count(1)

        def note(node: nodes.Node, branch: str, value: nodes.Expr | None = None) -> nodes.Call:
            label = f"{where}, line {node.lineno}, {branch} [{next(numbers)}]"
            self.branches.add(label)
            method = nodes.EnvironmentAttribute("note")
            return nodes.Call(method, [nodes.Const(label), value or nodes.Const(None)], [], None, None)

        ifs = list(tree.find_all(nodes.If))
        elifs = {id(node) for one in ifs for node in one.elif_}
        for node in ifs:
            node.body.insert(0, nodes.ExprStmt(note(node, "if")))
            if id(node) not in elifs:  # where an `if` has no `else`, its condition has to be false once all the same
                node.else_.insert(0, nodes.ExprStmt(note(node, "else")))
        for node in tree.find_all(nodes.For):
            node.body.insert(0, nodes.ExprStmt(note(node, "for")))
        for node in list(tree.find_all(nodes.CondExpr)):
            node.expr1 = note(node, "inline if", node.expr1)
            if node.expr2 is not None:
                node.expr2 = note(node, "inline else", node.expr2)
        return tree.set_environment(self)

    def note(self, label: str, value: object) -> object:
        self.taken.add(label)
        return value


def parse_everything(template: Path) -> None:
    """Note all branches that there are, those in files and questions that no render reads included."""
    environment = MarkingEnvironment(
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"], trim_blocks=True, keep_trailing_newline=True
    )
    for path in (template / "template").rglob("*"):
        environment.parse(path.name.removesuffix(".jinja"))
        if path.is_file() and path.suffix == ".jinja":
            environment.parse(path.read_text("utf-8"), path.relative_to(template).as_posix())
    for path in (template / "parts").rglob("*"):
        if path.is_file():
            environment.parse(path.read_text("utf-8"), path.relative_to(template).as_posix())
    settings = next(yaml.safe_load_all((template / "copier.yml").read_text("utf-8").split("\n---")[0]))
    for text in texts_in([settings, read_questions(template)]):
        environment.parse(text)


def rows_of_readmes() -> list[dict[str, object]]:
    """Give answers for the READMEs: each language has branches of its own, which no pair of answers has to take."""
    purposes = [("both", "github"), ("train", "github"), ("serve", "gitlab"), ("train", "gitlab")]
    return [
        {
            "language": language,
            "purpose": purpose,
            "ci": ci,
            "infrastructure": "cloudformation",
            "marketplace": purpose != "train",
        }
        for language in ("en", "ja")
        for purpose, ci in purposes
    ]


@pytest.fixture(scope="module")
def marks(template, template_repository, tmp_path_factory) -> type[MarkingEnvironment]:
    """Render everything with the branches noted: files, messages, questions put and refused, an update."""

    def copy(**options) -> None:
        folder = tmp_path_factory.mktemp("nowhere") / "churn-model"
        copier.run_copy(str(template), folder, pretend=True, **options)

    def join(source: Path, of_project: dict, **answers) -> None:
        folder = tmp_path_factory.mktemp("nowhere")
        (folder / ".copier-answers.yml").write_text(json.dumps(of_project))
        options = {"answers_file": ".copier-answers.second.yml", "pretend": True, "defaults": True}
        copier.run_copy(str(source), folder, data={"scope": "model"} | answers, **options)

    parse_everything(template)
    MarkingEnvironment.loaded.clear()
    shown = io.StringIO()  # messages are rendered only where they are shown
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(shown), contextlib.redirect_stdout(shown):
        patch.setattr("copier._main.SandboxedEnvironment", MarkingEnvironment)
        for row in [*pairwise_rows(), *rows_of_readmes()]:
            copy(data=row, defaults=True)
        refused = [answers for answers, _ in REFUSED] + [{name: values[0]} for name, values in BAD_TEXTS.items()]
        for answers in refused:
            for language in ("en", "ja"):
                with contextlib.suppress(ValueError):
                    copy(data=answers | {"language": language}, defaults=True)
        patch.setattr("copier._main.unsafe_prompt", lambda questions, answers: answers)  # Enter on every question
        for language in ("en", "ja"):
            copy(user_defaults={"language": language, "advanced": True}, exclude=["*"], ask=["scope"])
        for language in ("en", "ja"):
            for of_project, answers in JOINING:
                with contextlib.suppress(ValueError):
                    join(template, {"framework": "sklearn", "language": language} | of_project, **answers)
            with contextlib.suppress(ValueError):
                join(template_repository, {"framework": "sklearn", "language": language, "_commit": "v0.0.0"})
        left = tmp_path_factory.mktemp("left")  # by its project
        (left / ".copier-answers.second.yml").write_text(json.dumps({"scope": "model", "model_name": "second"}))
        with contextlib.suppress(ValueError):
            copier.run_copy(str(template), left, answers_file=".copier-answers.second.yml", pretend=True, defaults=True)
        living = tmp_path_factory.mktemp("living")
        with_handlers = {"pattern": "toolkit_on_own_image", "web_framework": "toolkit"}
        copier.run_copy(str(template_repository), living, data=with_handlers, defaults=True, quiet=True)
        for language in ("en", "ja"):
            for change in ({"model_name": "other"}, {"framework": "xgboost"}):
                with contextlib.suppress(ValueError):
                    copier.run_copy(str(template), living, data=change | {"language": language}, overwrite=True)
        commit_all(living)
        copier.run_update(living, defaults=True, overwrite=True, quiet=True)
    return MarkingEnvironment


def test_every_branch_is_taken(marks):
    assert len(marks.branches) > 50
    never_taken = sorted(marks.branches - marks.taken)
    assert not never_taken, "\n".join(never_taken)


def test_every_note_is_of_a_branch_that_was_counted(marks):
    assert {label for label in marks.taken - marks.branches if label.startswith(("template/", "parts/"))} == set()


def test_every_part_is_included_by_some_render(marks, template):
    parts = {path.relative_to(template).as_posix() for path in (template / "parts").rglob("*") if path.is_file()}
    assert parts - marks.loaded == set()
