"""The pieces of a page in HTML. What comes from data or settings is escaped here, and nowhere else."""

from html import escape

import numpy as np

from .axes import plain
from .charts import Line

AT_EASE = 8  # rows of a heat table up to which its cells are wide


def section(title: str, *blocks: str) -> str:
    """A part of the page under its own heading."""
    return f"<section>\n<h2>{escape(title)}</h2>\n{''.join(blocks)}</section>\n"


def paragraph(text: str) -> str:
    """A line of explanation."""
    return f"<p>{escape(text)}</p>\n"


def notice(text: str) -> str:
    """What a reader must know before trusting the figures beside it."""
    return f'<p class="notice">{escape(text)}</p>\n'


def tiles(figures: list[tuple[str, float, str]]) -> str:
    """The headline: name, figure, and a few words that put it into proportion."""
    drawn = "".join(
        f'<li><span class="label">{escape(name)}</span><strong>{plain(value, 4 if abs(value) >= 0.1 else 3)}</strong>'
        f"<small>{escape(beside)}</small></li>"
        for name, value, beside in figures
    )
    return f'<ul class="tiles">{drawn}</ul>\n'


def side_by_side(*figures: str) -> str:
    """Figures beside each other where there is room."""
    return f'<div class="pair">{"".join(figures)}</div>\n'


def figure(title: str, svg: str, legend: list[tuple[Line, str]] = (), note: str = "") -> str:
    """A chart under its title, with a line of legend for each of its lines: name and figure."""
    entries = "".join(
        f'<li><svg viewBox="0 0 26 8" aria-hidden="true"><path class="line {line.style}" d="M1 4H25"/></svg>'
        f'<span class="cut" title="{escape(line.name)}">{escape(line.name)}</span><b>{escape(value)}</b></li>'
        for line, value in legend
    )
    listed = f'<ul class="legend">{entries}</ul>' if entries else ""
    noted = f"<small>{escape(note)}</small>" if note else ""
    return f"<figure><figcaption>{escape(title)}</figcaption>{svg}{listed}{noted}</figure>\n"


def table(header: list[str], rows: list[list[str]], style: str = "") -> str:
    """A table whose first column names the rows."""
    head = "".join(f'<th scope="col">{_cut(name)}</th>' for name in header)
    body = "\n".join(f'<tr><th scope="row">{_cut(row[0])}</th>{"".join(map(_cell, row[1:]))}</tr>' for row in rows)
    return _table(style, f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>")


def heat_table(header: list[str], names: list[str], counts: np.ndarray) -> str:
    """A table of counts, each with its share of the row, and coloured by it.

    Args:
        header: what the rows are, then the columns' names.
        names: the rows' names.
        counts: shape (rows, columns); what is right stands on the diagonal.
    """
    head = "".join(f'<th scope="col">{_cut(name)}</th>' for name in header)
    body = "\n".join(
        f'<tr><th scope="row">{_cut(name)}</th>{_heat(index, row)}</tr>'
        for index, (name, row) in enumerate(zip(names, counts.tolist(), strict=True))
    )
    dense = " dense" if len(names) > AT_EASE else ""
    return _table(f"heat{dense}", f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>")


def bars(values: list[tuple[str, float]]) -> str:
    """A bar for each value, long as its share of the largest; one below 0 has none."""
    largest = max(max(value for _, value in values), 1e-300)
    rows = "\n".join(
        f'<tr><th scope="row">{_cut(name)}</th><td class="track">'
        f'<span style="width:{100 * max(value / largest, 0):.1f}%"></span></td><td>{plain(value, 3)}</td></tr>'
        for name, value in values
    )
    return f'<table class="bars"><tbody>{rows}</tbody></table>\n'


def percent(share: float) -> str:
    """Write a share of 1 in per cent, so that only none is 0 and only all is 100."""
    rounded = f"{100 * share:.1f}%"
    return {"0.0%": "<0.1%" if share else "0%", "100.0%": "100%" if share == 1 else ">99.9%"}.get(rounded, rounded)


def _table(style: str, content: str) -> str:
    return f'<div class="wide"><table class="{style}">{content}</table></div>\n'


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _heat(right: int, counts: list[int]) -> str:
    cells = []
    for index, count in enumerate(counts):
        if count:
            share = count / sum(counts)
            style = "right" if index == right else "wrong"
            shown = f"{count:,}<small>{escape(percent(share))}</small>"
            cells.append(f'<td class="{style}" style="--share:{100 * share:.1f}%">{shown}</td>')
        else:
            cells.append('<td class="none">0</td>')
    return "".join(cells)


def _cut(name: str) -> str:
    """A name of any length, cut by the style sheet and whole under the pointer."""
    title = f' title="{escape(name)}"' if len(name) > 12 else ""
    return f'<span class="cut"{title}>{escape(name)}</span>'
