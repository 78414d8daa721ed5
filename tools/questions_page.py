"""The questions as the documentation lists them, made of copier.yml, so that the list cannot differ from it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import copier
import jinja2
import yaml
from jinja2 import nodes

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = "churn-model"
WRITTEN_IN = {"en": re.compile("[A-Za-z]"), "ja": re.compile("[ぁ-んァ-ヶ一-龠]")}
ENVIRONMENT = jinja2.Environment(
    undefined=jinja2.StrictUndefined, extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]
)
# What a refusal fills in: those of a project of tables that a model of texts is to join.
EXAMPLE = {
    "model_name": "churn_model",
    "framework": "huggingface",
    "data": "text",
    "release": "1.1.0",
    "of_last": {"model_name": "tumour_model", "framework": "sklearn"},
    "of_project": {"framework": "sklearn"},
    "data_of_project": "table",
    "release_of_project": "1.0.0",
    "_copier_conf": {"answers_file": ".copier-answers.yml"},
}
IS_ENGLISH = nodes.Compare(nodes.Name("language", "load"), [nodes.Operand("eq", nodes.Const("en"))])
WORDS = {
    "en": {
        "head": "| answer | what it means |",
        "first": "the default",
        "default": "By default: `{}`.",
        "derived": f"By default, in a folder called `{FOLDER}`: `{{}}`.",
        "refused": "Refused, with a reason such as:",
        "advanced": "Asked where `advanced` is answered by yes.",
        "data": "Never prompted: `-d {}=…` gives it.",
        "unless": "Not asked where `purpose` is `{}`.",
    },
    "ja": {
        "head": "| 回答 | 意味 |",
        "first": "既定値",
        "default": "既定値は`{}`です。",
        "derived": f"`{FOLDER}`というフォルダーでの既定値は`{{}}`です。",
        "refused": "次のような理由を示して受け付けないことがあります。",
        "advanced": "`advanced`に「はい」と答えたときに尋ねます。",
        "data": "質問としては表示されません。`-d {}=…`で指定します。",
        "unless": "`purpose`が`{}`のときは尋ねません。",
    },
}


def questions_in(language: str) -> str:
    """Give a section of Markdown for each question, in the order asked.

    Raises:
        ValueError: a question has no help in this language; names it.
    """
    entries = read_questions()
    frameworks = [value for _, value in choices_of(entries["framework"], {"language": language})]
    answers = [answered(language=language, framework=framework) for framework in frameworks]
    asked = {name: entry for name, entry in entries.items() if entry.get("when", True)}
    return "\n\n".join(section(name, question, entries, answers) for name, question in asked.items())


def read_questions() -> dict[str, dict]:
    """Read what copier.yml asks and computes, in its order, settings left out."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!include", lambda _, node: yaml.safe_load((REPOSITORY / node.value).read_text("utf-8")))
    documents = yaml.load_all((REPOSITORY / "copier.yml").read_text("utf-8"), Loader)
    return {name: entry for document in documents for name, entry in document.items() if not name.startswith("_")}


def answered(**given: str) -> dict:
    """Give what Copier itself answers and computes where only these answers are given; it renders nothing."""
    with TemporaryDirectory() as folder:
        template = Path(folder, "template")
        (template / "template").mkdir(parents=True)
        shutil.copy(REPOSITORY / "copier.yml", template)
        for part in ("questions", "parts"):
            shutil.copytree(REPOSITORY / part, template / part)
        project = Path(folder, FOLDER)
        worker = copier.run_copy(str(template), project, data=given, defaults=True, quiet=True, pretend=True)
        return dict(worker.answers.combined)


def section(name: str, question: dict, entries: dict[str, dict], answers: list[dict]) -> str:
    """Write what is asked, what may be answered, when it is asked, and what is refused.

    Args:
        name: the question's.
        question: its entry in copier.yml.
        entries: all entries.
        answers: those to all questions, for each framework; the default one first.
    """
    default = answers[0]
    words = WORDS[default["language"]]
    parts = [f"## `{name}` {{#{name}}}", help_of(name, question, default)]
    if choices := list(choices_of(question, default)):
        first = in_words(str(question["default"]), default)  # of the language, not that of this page
        marks = {first: f" ({words['first']})"}
        rows = [f"| `{value}`{marks.get(value, '')} | {label} |" for label, value in choices]
        parts.append("\n".join([words["head"], "|---|---|", *rows]))
    else:
        kind = "derived" if re.search("_folder_name|project_name", str(question["default"])) else "default"
        parts.append(words[kind].format(str(default[name]).lower()))
    parts += when_asked(name, question, entries, default)
    if reasons := dict.fromkeys(refusals(question, answers)):
        parts.append("\n".join([words["refused"], "", *(f"- {reason}" for reason in reasons)]))
    return "\n\n".join(parts)


def help_of(name: str, question: dict, answers: dict) -> str:
    """Give the help in the language of the answers.

    Raises:
        ValueError: there is none.
    """
    text = in_words(question.get("help", ""), answers)
    if not WRITTEN_IN[answers["language"]].search(text):
        raise ValueError(f"the question {name} has no help in the language '{answers['language']}'; it says {text!r}")
    return text


def choices_of(question: dict, answers: dict) -> Iterator[tuple[str, object]]:
    """Give the label and the value of each answer that is offered; none for a free text."""
    for label, choice in (question.get("choices") or {}).items():
        yield in_words(label, answers), choice["value"] if isinstance(choice, dict) else choice


def when_asked(name: str, question: dict, entries: dict[str, dict], answers: dict) -> Iterator[str]:
    """Say when this is asked, where that is not always."""
    words = WORDS[answers["language"]]

    def is_asked(**others: object) -> bool:
        return in_words(str(question.get("ask", True)), answers | others) == "True"

    if not is_asked() and not is_asked(advanced=True):
        yield words["data"].format(name)
        return
    if not is_asked():
        yield words["advanced"]
    for _, purpose in choices_of(entries["purpose"], answers):
        if not is_asked(advanced=True, purpose=purpose):
            yield words["unless"].format(purpose)


def refusals(question: dict, answers: list[dict]) -> Iterator[str]:
    """Give each reason that the validators of a question and of its choices have."""
    choices = (question.get("choices") or {}).values()
    for entry in (question, *(choice for choice in choices if isinstance(choice, dict))):
        validator = entry.get("validator", "")
        # a validator either holds its texts, or names a computed one, which depends on the framework
        texts = list(texts_in(validator, answers[0]["language"]))
        yield from texts or filter(None, (in_words(validator, given) for given in answers))


def texts_in(validator: str, language: str) -> Iterator[str]:
    """Give the texts in a language, as in `{{ 'a' if language == 'en' else 'b' }}`."""
    tree = ENVIRONMENT.parse(validator)
    names = [node for node in tree.find_all(nodes.Assign) if node.target.name not in EXAMPLE]
    for choice in tree.find_all(nodes.CondExpr):
        if choice.test == IS_ENGLISH:
            text = nodes.Output([choice.expr1 if language == "en" else choice.expr2])
            code = ENVIRONMENT.compile(nodes.Template([*names, text], lineno=1))
            yield jinja2.Template.from_code(ENVIRONMENT, code, {}).render(EXAMPLE, language=language).strip()


def in_words(text: str, answers: dict) -> str:
    """Render a text of the questions."""
    return ENVIRONMENT.from_string(text).render(answers).strip()
