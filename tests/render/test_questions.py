"""What the template asks: which questions, in which order, with which words and values."""

import keyword
import re
import sys

import jinja2
import pytest
from answers import (
    BAD_TEXTS,
    DECISIONS,
    DESIGN,
    FREE_TEXT,
    PROMPTS,
    QUESTIONS_TO_COME,
    TEXTS,
    VALUES_TO_COME,
    in_language,
    is_asked,
    offered,
    values_of,
)

DEFAULTS = {
    "language": "en",
    "project_name": "churn-model",
    "model_name": "churn_model",
    "pattern": "from_scratch",
    "framework": "sklearn",
    "purpose": "both",
    "web_framework": "fastapi",
    "advanced": False,
    "package_manager": "uv",
    "python_version": "3.12",
    "aws_region": "us-east-1",
    "model_format": "native",
    "multi_model": False,
    "nonroot_serving": False,
    "combined_image": False,
    "tracking": "none",
    "ci": "none",
    "infrastructure": "none",
    "marketplace": False,
    "scope": "project",
}
ODD_FOLDERS = [
    "123",
    "日本語",
    "My Model!",
    "xgboost",
    "json",
    "model",
    "Ünïcode",
    "--",
    "9to5",
    "a" * 50,
    "a" * 31 + "-b",
]
# Modules that only one of the Pythons from 3.11 to 3.14 has.
OTHER_PYTHONS_MODULES = {"asynchat", "cgi", "distutils", "imp", "smtpd", "telnetlib", "annotationlib", "compression"}
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@pytest.fixture(scope="module")
def asked(questions: dict[str, dict]) -> dict[str, dict]:
    return {name: question for name, question in questions.items() if is_asked(question)}


def test_the_questions_are_the_designs_in_its_order(asked):
    assert list(asked) == list(offered())


@pytest.mark.parametrize("name", offered())
def test_the_values_are_the_designs(asked, name):
    # `advanced` is offered as no and yes, which Copier itself orders
    assert values_of(asked[name]) == offered()[name]


def test_what_is_still_to_come_is_in_the_design():
    assert DESIGN.keys() >= QUESTIONS_TO_COME
    for name, values in VALUES_TO_COME.items():
        assert values <= set(DESIGN[name])


def test_the_defaults_are_the_designs(copie):
    result = copie.copy(extra_answers={"project_name": "churn-model"})
    assert result.exception is None
    assert result.answers == DEFAULTS
    for name, values in offered().items():
        assert values is FREE_TEXT or DEFAULTS[name] == values[0]


def test_there_are_eight_prompts_four_of_them_decisions(asked):
    def is_prompted(question: dict) -> bool:
        text = str(question.get("ask", True))
        return jinja2.Environment().from_string(text).render(**DEFAULTS) == "True"

    assert [name for name, question in asked.items() if is_prompted(question)] == PROMPTS
    assert len(PROMPTS) == 8
    assert len(DECISIONS) == 4


def test_no_question_is_hidden_by_when(questions):
    # what `when` hid is used but not recorded, so the next update would revert it; only computed values have it
    assert {question.get("when", True) for question in questions.values()} == {True, False}


@pytest.mark.parametrize("name", [name for name in offered() if name != "language"])
def test_help_is_in_the_chosen_language(asked, name):
    texts = [asked[name]["help"], *(label for label in asked[name].get("choices", ()) if "{{" in label)]
    for text in texts:
        assert in_language(text, "en").isascii()
        assert JAPANESE.search(in_language(text, "ja"))


def test_the_first_question_is_in_both_languages(asked):
    help = asked["language"]["help"]
    assert help.split(" / ")[0].isascii()
    assert JAPANESE.search(help.split(" / ")[1])


def test_every_free_text_has_bad_values_to_test(asked):
    assert {name for name, question in asked.items() if values_of(question) is FREE_TEXT} == BAD_TEXTS.keys()


@pytest.fixture(scope="module")
def refusal(ask, questions):
    """Give a function that renders a validator as Copier does, only faster."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"]
    )
    answers = ask()

    def refusal(name: str, value: str, language: str) -> str:
        context = answers | {"language": language, name: value}
        return environment.from_string(questions[name]["validator"]).render(context).strip()

    return refusal


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD_TEXTS.items() for value in values])
def test_a_bad_text_is_refused_with_what_is_accepted(refusal, name, value):
    assert re.match(r"Accepted: .* such as [a-z]", refusal(name, value, "en"))
    assert re.match(r"(?!Accepted).*入力してください。例: [a-z]", refusal(name, value, "ja"))


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in TEXTS.items() for value in values])
def test_a_good_text_is_accepted(refusal, name, value):
    assert refusal(name, value, "en") == refusal(name, value, "ja") == ""


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_copier_ends_at_a_bad_text(ask, name):
    with pytest.raises(ValueError, match=rf"'{name}': Accepted: "):
        ask(**{name: BAD_TEXTS[name][0]})


@pytest.mark.parametrize("name", [name for name, values in offered().items() if values and values != [False, True]])
def test_a_value_that_is_not_offered_is_refused_with_those_that_are(ask, name):
    with pytest.raises(ValueError) as refusal:
        ask(**{"pattern": "toolkit_on_own_image", name: "cobol"})
    for value in offered()[name]:
        assert repr(value) in str(refusal.value)


@pytest.mark.parametrize("folder", ODD_FOLDERS)
def test_the_defaults_are_valid_whatever_the_folder_is_called(ask, folder):
    answers = ask(folder)  # raises where a default is refused by its own validator
    assert re.fullmatch("[a-z][a-z0-9-]{0,31}", answers["project_name"])
    assert re.fullmatch("[a-z][a-z0-9_]{0,39}", answers["model_name"])
    assert answers["model_name"].isidentifier()


@pytest.mark.parametrize(
    ("folder", "project", "model"),
    [
        ("churn-model", "churn-model", "churn_model"),
        ("My Model!", "my-model", "my_model"),
        ("xgboost", "xgboost", "xgboost_model"),
        ("2024 Sales_forecast", "sales-forecast", "sales_forecast_model"),
        ("日本語", "my-model", "my_model"),
    ],
)
def test_names_follow_from_the_folder(ask, folder, project, model):
    answers = ask(folder)
    assert (answers["project_name"], answers["model_name"]) == (project, model)


@pytest.mark.parametrize("framework", offered()["framework"])
def test_the_default_python_is_one_that_the_framework_runs_on(ask, framework):
    assert ask(framework=framework)["python_version"] == ("3.11" if framework == "mxnet" else "3.12")


def test_no_model_may_be_called_like_a_word_or_module_of_python(reserved):
    words = {*keyword.kwlist, *keyword.softkwlist, *sys.stdlib_module_names, *OTHER_PYTHONS_MODULES}
    assert {word for word in words if re.fullmatch("[a-z][a-z0-9]*(_[a-z0-9]+)*", word)} - reserved == set()
