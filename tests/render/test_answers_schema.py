"""The schema that completes a file of answers in an editor says what the questions say."""

import subprocess
import sys
from itertools import combinations, product

import pytest
import yaml
from answers import BAD_TEXTS, REFUSED, ROOT, TEXTS, is_asked, is_refused, offered, pairwise_rows
from jsonschema import Draft7Validator

sys.path.append(str(ROOT / "tools"))

import answers_schema

EXAMPLE = ROOT / "docs" / "answers.example.yml"
# A data file is checked by itself: what it leaves out takes a default, which may be refused.
BY_DEFAULT = {"pattern": "from_scratch"}
# What is refused by itself, such as a further model without a project, is no matter of the schema.
CLOSED = {
    name: [value for value in values if not is_refused({name: value})] for name, values in offered().items() if values
}
COMBINATIONS = [answers for answers, _ in REFUSED if len(answers) > 1 or not is_refused(answers)]
# Their defaults depend on other answers, or on where the project is.
WITHOUT_DEFAULT = {"python_version", "scope"}


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = answers_schema.schema()
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def test_the_file_is_what_the_questions_make():
    assert answers_schema.SCHEMA.read_text("utf-8") == answers_schema.as_text(), "make schema writes it anew"


def test_every_question_is_in_it_with_its_default(validator, questions):
    properties = validator.schema["properties"]
    assert list(properties) == [name for name, question in questions.items() if is_asked(question)]
    defaults = {name: values[0] for name, values in CLOSED.items() if name not in WITHOUT_DEFAULT}
    assert {name: entry["default"] for name, entry in properties.items() if "default" in entry} == defaults


@pytest.mark.parametrize("row", pairwise_rows(), ids=str)
def test_allowed_answers_are_valid(validator, row):
    assert list(validator.iter_errors(row)) == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in TEXTS.items() for value in values])
def test_a_good_text_is_valid(validator, name, value):
    assert validator.is_valid({name: value})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD_TEXTS.items() for value in values])
def test_a_bad_text_is_not(validator, name, value):
    assert not validator.is_valid({name: value})


@pytest.mark.parametrize("answers", COMBINATIONS, ids=str)
def test_a_refused_combination_is_not_valid(validator, answers):
    assert not validator.is_valid(answers)


def test_two_answers_are_valid_together_unless_they_are_refused(validator):
    for one, other in combinations(CLOSED, 2):
        for pair in product(CLOSED[one], CLOSED[other]):
            answers = dict(zip((one, other), pair, strict=True))
            assert validator.is_valid(answers) != is_refused(BY_DEFAULT | answers), answers


@pytest.mark.parametrize("answers", [{"frame_work": "sklearn"}, {"framework": "cobol"}, {"multi_model": "perhaps"}])
def test_an_unknown_question_or_value_is_not_valid(validator, answers):
    assert not validator.is_valid(answers)


def test_the_example_is_valid_and_makes_a_project(validator, template, tmp_path):
    assert EXAMPLE.read_text("utf-8").startswith(f"# yaml-language-server: $schema={answers_schema.SCHEMA.name}\n")
    answers = yaml.safe_load(EXAMPLE.read_text("utf-8"))
    assert list(validator.iter_errors(answers)) == []
    command = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--data-file", str(EXAMPLE)]
    subprocess.run([*command, str(template), str(tmp_path / "new")], check=True, capture_output=True)
    recorded = yaml.safe_load((tmp_path / "new" / ".copier-answers.yml").read_text("utf-8"))
    assert recorded.items() >= answers.items()
