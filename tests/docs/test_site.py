"""The documentation's site: built strictly in both languages, of one list of pages, with nothing from elsewhere."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from answers import PROMPTS, ROOT, in_language, is_asked, values_of

pytestmark = pytest.mark.xdist_group("docs")  # so that one worker builds the site that the tests share

LANGUAGES = ["en", "ja"]
SITE = ROOT / "docs" / "site"


def build(template: Path, folder: Path) -> subprocess.CompletedProcess:
    """Build the site of a copy of the template, as make docs does."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [template / "tools/docs.sh", folder], env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def site(template, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    done = build(template, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_both_languages_have_the_same_pages(site):
    pages = {
        language: {path.relative_to(site / language) for path in (site / language).rglob("*.html")}
        for language in LANGUAGES
    }
    assert pages["en"] == pages["ja"]
    assert len(pages["en"]) >= 5


def test_both_languages_have_the_same_menu():
    def paths(entry: object) -> list:
        if isinstance(entry, dict):
            return [paths(value) for value in entry.values()]
        return [paths(value) for value in entry] if isinstance(entry, list) else [entry]

    menus = [yaml.safe_load((SITE / f"{language}.yml").read_text("utf-8"))["nav"] for language in LANGUAGES]
    english, japanese = (re.findall(r"[\w/.-]+\.md", str(paths(menu))) for menu in menus)
    assert english == japanese


def test_broken_links_fail(template, tmp_path):
    copy = tmp_path / "sm-template"
    shutil.copytree(template, copy)
    broken = ["gone.md", "tutorial.md#gone", "pictures/gone.svg"]
    with (copy / "docs/site/ja/index.md").open("a", encoding="utf-8") as page:
        page.write("".join(f"\n[text]({address})\n" for address in broken))
    done = build(copy, tmp_path / "site")
    assert done.returncode != 0
    assert [address for address in broken if f"'{address}'" not in done.stderr] == []
    assert "Aborted with 3 warnings in strict mode" in done.stdout


class Loaded(HTMLParser):
    """What a page has a browser load, and where its menu of languages leads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.languages: dict[str, str] = {}
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list) -> None:
        given = dict(attributes)
        loads = tag in ("script", "img", "iframe", "source") or (tag == "link" and given.get("rel") != "alternate")
        self.addresses += [address for address in (given.get("src"), given.get("href")) if address and loads]
        if tag == "a" and "hreflang" in given:
            self.languages[given["hreflang"]] = given["href"]


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.rglob("*.html"):
        assert [address for address in Loaded(page).addresses if "//" in address] == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?https?:|@import", style.read_text("utf-8")), style


def test_the_menu_of_languages_leads_to_the_same_page(site):
    pages = [page for page in site.glob("*/**/index.html")]
    assert len(pages) >= 8
    for page in pages:
        _, *path = page.parent.relative_to(site).parts
        for other, address in Loaded(page).languages.items():
            there = Path(os.path.normpath(page.parent / address))
            assert there == site / other / Path(*path), page
            assert (there / "index.html").is_file()
        assert Loaded(page).languages.keys() == {"en", "ja"}


def test_the_lines_of_a_japanese_paragraph_are_joined_without_a_space(site):
    text = (site / "ja/tutorial/index.html").read_text("utf-8")
    assert "テンプレートの新しいリリースを取り込み" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_the_questions_has_all_that_is_asked(site, questions, language):
    page = (site / language / "questions/index.html").read_text("utf-8")
    asked = {name: question for name, question in questions.items() if is_asked(question)}
    assert re.findall(r'<h2 id="([a-z_]+)">', page) == list(asked)
    sections = dict(zip(asked, re.split("<h2 ", page)[1:], strict=True))
    for name, question in asked.items():
        for value in [value for value in values_of(question) or () if question["type"] != "bool"]:
            assert f"<code>{value}</code>" in sections[name]
    for name in ("pattern", "tracking"):
        assert in_language(asked[name]["help"], language).strip() in sections[name]
    assert "MXNet" in sections["python_version"]  # a reason that is computed for a framework
    assert re.search(r"<code>en</code> \((the default|既定値)\)", sections["language"])
    assert ", such as sklearn" in sections["framework"] or "例: sklearn" in sections["framework"]  # filled in
    assert "-a .copier-answers.churn_model.yml" in sections["scope"]


@pytest.mark.parametrize(("language", "help"), [("en", ""), ("ja", ""), ("ja", "Which part?")])
def test_a_question_without_help_in_a_language_is_named(monkeypatch, language, help):
    monkeypatch.syspath_prepend(ROOT / "tools")
    from questions_page import help_of

    with pytest.raises(ValueError, match=f"^the question part has no help in the language '{language}'"):
        help_of("part", {"type": "str", "help": help}, {"language": language})


@pytest.mark.parametrize("language", LANGUAGES)
def test_twenty_failures_have_a_symptom_a_cause_a_fix_and_a_source(language):
    page = (SITE / language / "troubleshooting.md").read_text("utf-8")
    _, *failures = page.split("\n### ")
    assert len(failures) == 20
    words = {
        "en": ["**You see**", "**Cause:**", "**Fix:**", "**Here:**", "Source: "],
        "ja": ["**症状:**", "**原因:**", "**対処:**", "**このプロジェクトでは:**", "出典: "],
    }
    for failure in failures:
        assert [word for word in words[language] if failure.count(word) != 1] == [], failure
        assert re.search(r"\(https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+\)", failure)


@pytest.mark.parametrize(("language", "name"), [("en", "questions.svg"), ("ja", "questions.ja.svg")])
def test_the_picture_shows_the_questions_as_they_are(questions, language, name):
    # where this fails, make pictures draws them anew
    picture = (ROOT / "docs/pictures" / name).read_text("utf-8")
    for question in PROMPTS[: PROMPTS.index("web_framework") + 1]:
        help = in_language(questions[question]["help"], language).strip()
        assert f">{help}</text>" in picture.replace("&amp;", "&").replace("> ", ">"), help
