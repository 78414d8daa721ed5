"""Draw the questions as a person meets them: run `copier copy` in a terminal, press keys, and write the screen as SVG.

picture_of_questions.py    writes docs/pictures/questions.svg, and questions.ja.svg in Japanese
"""

import os
import subprocess
import sys
import unicodedata
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pexpect
import pyte

REPOSITORY = Path(__file__).resolve().parents[1]
COMMAND = "copier copy gh:org/sm-template tumour-model"
COLUMNS, ROWS = 180, 24
WIDTH, HEIGHT, MARGIN = 8.4, 20, 16  # of a cell, and around all, in pixels
FOREGROUND, BACKGROUND = "#d4d4d4", "#1e1e1e"
MICROPHONE = "\N{MICROPHONE}"  # stands before each question; drawn as ?, since not every machine has a font with it
ENTER, DOWN = "\r", "\x1b[B"
KEYS = {  # by language: from the first question to the sixth, which shows a choice that is refused
    "en": [ENTER, ENTER, ENTER, ENTER, ENTER, ENTER],
    "ja": [DOWN + ENTER, ENTER, ENTER, ENTER, ENTER, ENTER],
}


def main() -> None:
    """Write both pictures."""
    with TemporaryDirectory() as folder:
        template = Path(folder, "sm-template")
        for command in (["clone", "--quiet", REPOSITORY, template], ["-C", template, "tag", "v99"]):
            subprocess.run(["git", *command], check=True)
        for language, name in {"en": "questions.svg", "ja": "questions.ja.svg"}.items():
            path = REPOSITORY / "docs" / "pictures" / name
            path.write_text(drawn(screen_of(template, KEYS[language])), "utf-8")
            print(path.relative_to(REPOSITORY))


def screen_of(template: Path, keys: list[str]) -> pyte.Screen:
    """Run the command, press the keys one after the other, and give what then stands on the screen."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    with TemporaryDirectory() as folder:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "copier", "copy", str(template), "tumour-model"],
            cwd=folder,
            env=os.environ | {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            encoding="utf-8",
            dimensions=(ROWS, COLUMNS),
            timeout=30,
        )
        for key in [*keys, ""]:
            stream.feed(until_quiet(child))
            child.send(key)
        child.close(force=True)
    return screen


def until_quiet(child: pexpect.spawn) -> str:
    """Give what the command prints until it has waited for a second."""
    text = ""
    while True:
        try:
            text += child.read_nonblocking(4096, timeout=1 if text else 30)
        except pexpect.TIMEOUT:
            return text


def drawn(screen: pyte.Screen) -> str:
    """Draw what stands on the screen, under the command that was typed, as a terminal shows it."""
    lines = [screen.buffer[number] for number, line in enumerate(screen.display) if line.strip()]
    texts = [text_of(0, 0, f"$ {COMMAND}", FOREGROUND, bold=True)]
    for row, line in enumerate(lines, 1):
        cells = [(column, line[column]) for column in range(COLUMNS)]
        for (colour, bold), run in groupby(cells, lambda cell: (cell[1].fg, cell[1].bold)):
            first, *others = run
            letters = "".join(cell.data for _, cell in [first, *others]).replace(MICROPHONE, "? ")
            texts.append(text_of(first[0], row, letters, FOREGROUND if colour == "default" else f"#{colour}", bold))
    columns = max(column + 1 for line in lines for column in range(COLUMNS) if line[column].data.strip())
    width = round(2 * MARGIN + WIDTH * columns)
    height = 2 * MARGIN + HEIGHT * (len(lines) + 1)
    return SVG.format(width=width, height=height, background=BACKGROUND, texts="\n".join(filter(None, texts)))


def text_of(column: int, row: int, text: str, colour: str, bold: bool) -> str:
    """Draw a run of characters that look alike; its length is fixed, so that any font keeps the columns."""
    if not text.strip():
        return ""
    shown = text.rstrip()
    cells = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in shown)
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{MARGIN + column * WIDTH:.1f}" y="{MARGIN + (row + 0.75) * HEIGHT:.1f}" fill="{colour}"{weight}'
        f' textLength="{cells * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(shown)}</text>'
    )


SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">
<rect width="100%" height="100%" rx="8" fill="{background}"/>
<g font-family="DejaVu Sans Mono, Menlo, Consolas, Noto Sans CJK JP, Hiragino Sans, monospace" font-size="14">
{texts}
</g>
</svg>
"""

if __name__ == "__main__":
    main()
