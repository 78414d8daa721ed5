"""The pages of the site: both languages in step, and every command, path and setting that they name is there."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import copier
import pytest
from answers import ROOT, Project
from repository import git

SITE = ROOT / "docs" / "site"
PAGES = sorted(path.relative_to(SITE / "en").as_posix() for path in (SITE / "en").rglob("*.md"))
LANGUAGES = ["en", "ja"]
BLOCK = re.compile(r"^( *)```(\w+).*?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SAME = {"console", "python", "yaml", "dockerfile"}  # blocks that are alike in both languages
# Together, these have every file that a page may name.
PROJECTS = [
    {"framework": "pytorch", "ci": "github", "infrastructure": "cloudformation", "marketplace": True},
    {"framework": "xgboost", "tracking": "mlflow", "model_format": "onnx", "ci": "gitlab"},
    {"purpose": "serve", "pattern": "toolkit_on_own_image", "web_framework": "toolkit"},
]
# What comes into being only while a project is used.
MADE = re.compile(
    r"opt_ml/.*|.*/\.venv|.*\.rej|(uv|poetry)\.lock|requirements\.txt|(hyperparameters|resourceConfig|evaluation|model)\.json"
    r"|report\.html|(model|output)\.tar\.gz|.*\.venv|data_key\.json|best\.json"
)
FILE = re.compile(r"[\w.-]+(/[\w.-]+)*/|([\w.-]+/)*[\w-]+\.(py|sh|yml|yaml|json|toml|txt|md)|([\w.-]+/)+[\w.-]+")
NO_FILE = re.compile(r"(text|application)/\w+|(actions|aws-actions|anchore)/.*|checkpoints/|output/data|processing/")


def text_of(language: str, page: str) -> str:
    """Read a page."""
    return (SITE / language / page).read_text("utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """Give language and text of each block, without its indentation."""
    return [(kind, re.sub(f"^{indent}", "", body, flags=re.MULTILINE)) for indent, kind, body in BLOCK.findall(text)]


def prose(text: str) -> str:
    """Give a page without its blocks."""
    return BLOCK.sub("", text)


def commands(text: str) -> list[str]:
    """Give what a page has people type."""
    lines = [line for kind, body in blocks(text) if kind == "console" for line in body.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def words_of(command: str) -> list[str]:
    """Give the words of a command, without the variables before it."""
    words = command.split()
    while re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    return words


@pytest.fixture(scope="session")
def projects(render, template_repository, tmp_path_factory) -> list[Project]:
    """Render what the pages speak of, a project with a second model among them."""
    folder = tmp_path_factory.mktemp("two") / "churn-model"
    names = {"project_name": "churn-model", "model_name": "tumour"}
    copier.run_copy(str(template_repository), folder, data=names, defaults=True, quiet=True)
    second = {"scope": "model", "model_name": "second", "framework": "xgboost"}
    copier.run_copy(
        str(template_repository),
        folder,
        data=second,
        answers_file=".copier-answers.second.yml",
        defaults=True,
        quiet=True,
    )
    return [Project(folder, names), *(render(**names, **answers) for answers in PROJECTS)]


@pytest.fixture(scope="session")
def there(projects) -> set[str]:
    """List every file and folder of the projects, and of this repository."""
    paths = {path for project in projects for path in project.files}
    paths |= set(git(ROOT, "ls-files", "-z").split("\0"))
    return paths | {str(parent) for path in paths for parent in Path(path).parents}


@pytest.fixture(scope="session")
def text_of_all(projects) -> str:
    """Give the text of all files of the projects."""
    return "\n".join(text for project in projects for text in project.files.values())


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_are_in_step(page):
    """Headings, blocks, links and rows of tables have the same number and order in both."""
    english, japanese = (text_of(language, page) for language in LANGUAGES)
    for found in (
        lambda text: re.findall(r"^#+(?= )", prose(text), re.MULTILINE),
        lambda text: [(kind, body) for kind, body in blocks(text) if kind in SAME],
        lambda text: [line.count("|") for line in prose(text).splitlines() if line.startswith("|")],
        lambda text: re.findall(r"\]\(([^)]+)\)", prose(text).replace(".ja.", ".")),
        lambda text: re.findall(r"\d+\.\d+\.\d+", prose(text)),
    ):
        assert sorted(map(str, found(english))) == sorted(map(str, found(japanese))), page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_left_to_be_written(page, language):
    assert not re.search(r"TODO|TBD|FIXME|TO BE FILLED", text_of(language, page))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_path_is_there(page, language, there):
    spans = re.findall(r"`([^`\n]+)`", prose(text_of(language, page)))
    spans = [re.sub("MODEL|tumour_model", "tumour", span) for span in spans]
    named = [
        span for span in spans if FILE.fullmatch(span) and not MADE.fullmatch(span) and not NO_FILE.fullmatch(span)
    ]
    lacking = [span for span in named if not any(f"/{path}".endswith(f"/{span.strip('/')}") for path in there)]
    assert not lacking, lacking


@pytest.mark.parametrize("page", PAGES)
def test_every_command_can_be_typed(page, projects, there, text_of_all):
    targets = {name for project in projects for name in re.findall(r"^([\w-]+):", project.files["Makefile"], re.M)}
    for command in commands(text_of("en", page)):
        program, *arguments = words_of(command)
        if program == "make":
            assert arguments[0] in targets, command
        elif "/" in program:
            assert program in there, command
            for option in (word.partition("=")[0] for word in arguments if word.startswith("--")):
                assert option in text_of_all or program == "scripts/update.sh", command


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_is_taken(page, projects, tmp_path):
    """Each block of YAML is an environment's file that the pipeline reads, and each --set a key that it has."""
    pipeline = projects[0].folder / "code" / "pipeline"
    english = text_of("en", page)
    files = [body for kind, body in blocks(english) if kind == "yaml"]
    changes = [word for line in commands(english) for word in line.split() if re.match(r"[a-z_]+\.[a-z_.]+=", word)]
    if not files and not changes:
        return
    for number, body in enumerate(files):
        (tmp_path / f"block{number}.yml").write_text(body)
    (tmp_path / "base.yml").write_text((pipeline / "configs" / "base.yml").read_text())
    script = (
        "import sys; from pathlib import Path; from utils import config_reader\n"
        "folder, *changes = sys.argv[1:]\n"
        "for path in sorted(Path(folder).glob('*.yml')): config_reader.read(path)\n"
        "config_reader.read(Path(folder, 'base.yml'), dict(one.split('=', 1) for one in changes))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path, *changes], cwd=pipeline, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_python_can_be_read(page):
    for kind, body in blocks(text_of("en", page)):
        if kind == "python":
            compile(body, page, "exec")


def test_the_contract_has_every_item_that_is_judged(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "template" / "scripts" / "test")
    importlib.import_module("conformance.__main__")
    judged = importlib.import_module("conformance.items").ITEMS
    rows = {
        language: re.findall(r"^\| (\d+) \| (.*?) \|", text_of(language, "contract.md"), re.MULTILINE)
        for language in LANGUAGES
    }
    demands = {int(number): words for number, words in rows["en"]}
    assert [number for number, _ in rows["en"]] == [number for number, _ in rows["ja"]]
    assert sorted(demands) == list(range(1, len(rows["en"]) + 1))
    assert {number: judged[number].demand for number in judged} == {number: demands[number] for number in judged}


def test_the_picture_is_the_one_that_the_script_draws(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    drawer = importlib.import_module("picture_of_architecture")
    judged = len(
        re.findall(r"^\| \d+ \|", text_of("en", "contract.md").partition("## What contract.sh")[0], re.MULTILINE)
    )
    for language in LANGUAGES:
        assert str(judged) in drawer.WORDS[language]["judge"]
        assert text_of(language, "architecture.md") == drawer.drawn(language), "tools/picture_of_architecture.py"
