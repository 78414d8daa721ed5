"""Write docs/answers.schema.json from the questions, so that editors complete a file of answers: `make schema`."""

import json
import re
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import jinja2

sys.path.append(
    str(Path(__file__).resolve().parents[1] / "tests")
)  # what reads the questions in the tests does so here

from answers import FREE_TEXT, ROOT, in_language, is_asked, is_refused, read_questions, values_of

SCHEMA = ROOT / "docs" / "answers.schema.json"
# The end of a text in every dialect of regular expressions; Python's $ also matches before a last line break.
END = r"(?![\s\S])"


def main() -> None:
    """Write the schema anew."""
    SCHEMA.write_text(as_text(), "utf-8")


def as_text() -> str:
    """Give the schema as the text of its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict:
    """Make the schema: draft 7, which editors of all ages know."""
    questions = read_questions(ROOT)
    asked = {name: question for name, question in questions.items() if is_asked(question)}
    properties = {name: of_question(name, question) for name, question in asked.items()}
    properties["model_name"]["not"] = {"enum": questions["reserved_names"]["default"].split()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Answers to the questions of sm-template / sm-templateの質問への回答",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "allOf": list(refusals(properties)),
    }


def of_question(name: str, question: dict) -> dict:
    """Describe what one question takes."""
    described = {"type": "boolean" if question["type"] == "bool" else "string", "description": both(question["help"])}
    default = default_of(question)
    if default is not None:
        described["default"] = default
    if values_of(question) is FREE_TEXT:
        return described | limits(name, question["validator"])
    if "choices" in question:
        described["enum"] = values_of(question)
        described["enumDescriptions"] = [both(label) for label in question["choices"]]
    return described


def default_of(question: dict) -> object:
    """Give the default in a project that joins no other; None where it depends on another answer or the folder."""
    text = question["default"]
    if not isinstance(text, str):
        return text
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    try:
        defaults = {environment.from_string(text).render(of_project={}, language=name) for name in ("en", "ja")}
    except jinja2.TemplateError:
        return None
    if len(defaults) > 1:
        return None
    (default,) = defaults
    return default == "True" if question["type"] == "bool" else default


def limits(name: str, validator: str) -> dict:
    """Read the pattern and the greatest length of a free text out of its validator."""
    pattern = re.search(rf"not {name} \| regex_search\('(.*?)\\\\Z'\)", validator)
    longest = re.search(rf"{name} \| length > (\d+)", validator)
    return {"pattern": pattern[1] + END} | ({"maxLength": int(longest[1])} if longest else {})


def refusals(properties: dict[str, dict]) -> Iterator[dict]:
    """Refuse answers to a question where a later one has a value that they cannot be together with."""
    closed = {name: entry.get("enum", [False, True]) for name, entry in properties.items() if "pattern" not in entry}
    for earlier, later in combinations(closed, 2):
        for value in closed[later]:
            refused = [other for other in closed[earlier] if is_refused({earlier: other, later: value})]
            if refused and refused != closed[earlier]:  # else the value is refused whatever the earlier answer is
                then = {"properties": {earlier: {"not": {"enum": refused}}}}
                if properties[earlier].get("default") in refused:  # leaving it out is refused too
                    then["required"] = [earlier]
                yield {"if": {"properties": {later: {"const": value}}, "required": [later]}, "then": then}


def both(text: str) -> str:
    """Give a text of the questions in both languages, once where it is the same."""
    return " / ".join(dict.fromkeys(in_language(text, language).strip() for language in ("en", "ja")))


if __name__ == "__main__":
    main()
