"""The repository's README in English and in Japanese: in step, and leading to what is there."""

import re

import pytest
from answers import ROOT

READMES = {"en": "README.md", "ja": "README.ja.md"}


@pytest.fixture
def readmes() -> dict[str, str]:
    return {language: (ROOT / name).read_text("utf-8") for language, name in READMES.items()}


def parts(text: str) -> dict[str, list[str]]:
    """Give what both languages have in common."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    links = [link.replace("/ja/", "/en/").replace(".ja.", ".") for link in re.findall(r"\]\((.+?)\)", prose)]
    return {
        "headings": re.findall(r"^#+ ", text, re.MULTILINE),
        "commands": re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL),
        "rows": re.findall(r"^\| `.*?` \|", text, re.MULTILINE),
        "links": links[1:],  # after that to the other language
        "names": sorted(re.findall("`([^`\n]+)`", prose)),
    }


def test_both_languages_are_in_step(readmes):
    english, japanese = parts(readmes["en"]), parts(readmes["ja"])
    assert all(english.values())
    assert english == japanese


@pytest.mark.parametrize("language", READMES)
def test_each_link_leads_to_a_file(readmes, language):
    links = re.findall(r"\]\((?!https:)(.+?)\)", readmes[language])
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_each_leads_to_the_other(readmes):
    assert "[日本語](README.ja.md)" in readmes["en"]
    assert "[English](README.md)" in readmes["ja"]


def test_every_target_of_make_that_is_named_is_there(readmes):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z-]+)", readmes["en"]))
    assert len(named) > 5
    assert named - set(targets) == {"update"}  # which is a project's own
