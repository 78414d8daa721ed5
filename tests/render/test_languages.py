"""The language of a project changes what a person reads in it, and nothing that a program does."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
READMES = {f"{folder}README.md" for folder in ("", "code/pipeline/", "infrastructure/", "marketplace/", "scripts/ci/")}
CONFIGS_OF_PIPELINE = {f"code/pipeline/configs/{name}.yml" for name in ("base", "dev", "stg", "prod")}
READMES_OF_DATA, LISTINGS = r"sample_data/\w+/README\.md", r"marketplace/\w+\.yml"
# A setting in a comment, which a person takes out of it; and a command.
FOR_A_PROGRAM = re.compile(r"^ *# *- .+|^ *# *[a-z_]+:(?: .*)?$|\bscripts/.+\.sh .+", re.MULTILINE)
ALL = {"advanced": True, "aws_region": "us-east-1", "infrastructure": "cloudformation", "ci": "github"}


@pytest.fixture(scope="module", params=[("both", "github"), ("train", "gitlab"), ("serve", "github")])
def in_both(render, request):
    """Give a project's files in English and in Japanese."""
    purpose, ci = request.param
    answers = ALL | {"purpose": purpose, "ci": ci, "marketplace": purpose != "train"}
    return render(**answers).files, render(**answers, language="ja").files


def readmes(files: dict[str, str]) -> set[str]:
    return (READMES & files.keys()) | {name for name in files if re.fullmatch(READMES_OF_DATA, name)}


def configs(files: dict[str, str]) -> set[str]:
    return CONFIGS_OF_PIPELINE | {name for name in files if re.fullmatch(LISTINGS, name)}


def test_the_language_changes_what_is_read_only(in_both):
    english, japanese = in_both
    read = readmes(english) | configs(english) | {"Makefile"}
    assert english.keys() == japanese.keys()
    assert {name for name in english if english[name] != japanese[name]} == {*read, ".copier-answers.yml"}
    assert [name for name in read if JAPANESE.search(english[name])] == []


def test_the_readmes_are_japanese(in_both):
    _, japanese = in_both
    for name in readmes(japanese):
        assert len(JAPANESE.findall(japanese[name])) > len(japanese[name]) / 5


def test_the_readmes_have_the_same_headings_commands_and_tables(in_both):
    def outline(text: str) -> list:
        blocks = re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL)
        headings = re.findall("^#+ ", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
        rows = [re.findall("`[^`]+`", row) for row in re.findall(r"^\|([^|]+)\|", text, re.MULTILINE)]
        rows += re.findall(r"^\d+\. ", text, re.MULTILINE)
        return [*headings, *(re.sub(r" *#.*|(?<=reason: ).*", "", block) for block in blocks), *rows]

    english, japanese = in_both
    for name in readmes(english):
        assert outline(english[name]) == outline(japanese[name]), name


def test_how_ci_is_set_up_names_the_same_in_either_language(in_both):
    english, japanese = (set(re.findall("`([^`\n]+)`", files["scripts/ci/README.md"])) for files in in_both)
    assert english == japanese != set()


def test_the_configs_differ_in_their_comments_only(in_both):
    def values(text: str) -> list:
        code = re.sub(r"^ *#.*\n| +#.*", "", text, flags=re.MULTILINE)
        return [yaml.safe_load(text), code, FOR_A_PROGRAM.findall(text)]

    english, japanese = in_both
    for name in configs(english):
        assert values(english[name]) == values(japanese[name]), name


def test_every_paragraph_of_a_config_has_its_comment_in_either_language(in_both):
    def comments(text: str) -> list[bool]:
        return [paragraph.startswith("#") for paragraph in text.split("\n\n")]

    english, japanese = in_both
    for name in configs(english):
        assert comments(english[name]) == comments(japanese[name]), name
        words = [
            line for line in japanese[name].splitlines() if line.startswith("#") and not FOR_A_PROGRAM.search(line)
        ]
        assert [line for line in words if not JAPANESE.search(line)] == []


def test_the_makefiles_differ_in_the_help_only(in_both):
    def recipes(text: str) -> str:
        return re.sub(r"(?m)^#.*| ## .*", "", text)

    english, japanese = in_both
    assert recipes(english["Makefile"]) == recipes(japanese["Makefile"])
    help_of = dict(re.findall(r"^([a-z-]+):.* ## (.+)$", japanese["Makefile"], re.MULTILINE))
    assert help_of.keys() == set(re.findall(r"^\.PHONY: (\S+)$", japanese["Makefile"], re.MULTILINE))
    assert [target for target, text in help_of.items() if not JAPANESE.search(text)] == []


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_make_help_lists_every_target(render, locale, language):
    project = render(**ALL, language=language)
    make = [shutil.which("make"), "--no-print-directory", "help"]
    shown = subprocess.run(
        make, cwd=project.folder, env=os.environ | {"LC_ALL": locale}, capture_output=True, check=True
    )
    texts = re.findall(r"^([a-z-]+):.* ## (.+)$", project.files["Makefile"], re.MULTILINE)
    assert shown.stdout.decode() == "".join(f"  {target:<14} {text}\n" for target, text in texts)
