"""What MkDocs adds while it builds: the questions, made of copier.yml itself, and the pictures."""

import re
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from questions_page import questions_in

PICTURES = Path(__file__).parents[1] / "pictures"
JAPANESE = "[\\u3000-\\u30ff\\u4e00-\\u9fff\\uff00-\\uffef]"
END_OF_LINE = re.compile(f"(?<={JAPANESE})\\n|\\n(?={JAPANESE})")
# Pages name pictures so that they are seen in the repository too.
IN_REPOSITORY = re.compile(r"\.\./\.\./pictures/(\w+)(?:\.\w+)?\.(svg|png)")
QUESTIONS = "<!-- the questions -->"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the questions where the page says so, and the pictures where on_files() does."""
    if QUESTIONS in markdown:
        try:
            markdown = markdown.replace(QUESTIONS, questions_in(config.theme["language"]))
        except ValueError as error:
            raise PluginError(str(error)) from None
    return IN_REPOSITORY.sub(r"pictures/\1.\2", markdown)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pictures, each in the language of the pages where there is one in it."""
    for picture in PICTURES.glob("*.*"):
        name, *language, suffix = picture.name.split(".")
        in_language = PICTURES / f"{name}.{config.theme['language']}.{suffix}"
        if not language:
            source = in_language if in_language.exists() else picture
            files.append(File.generated(config, f"pictures/{picture.name}", abs_src_path=str(source)))
    return files


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Join the lines of Japanese paragraphs, between which a browser would show a space."""
    parts = re.split("(<pre.*?</pre>)", html, flags=re.DOTALL)
    return "".join(part if part.startswith("<pre") else END_OF_LINE.sub("", part) for part in parts)
