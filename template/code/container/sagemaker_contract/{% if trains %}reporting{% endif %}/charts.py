"""The charts of a report as SVG, which scales, prints and needs no library; colours are the style sheet's."""

from dataclasses import dataclass

import numpy as np

from .axes import Axes, plain, short, span
from .curves import thinned

HUES = 5  # in style.css; what comes after them is dashed


@dataclass(frozen=True)
class Line:
    """A line of a chart.

    Attributes:
        name: what it shows.
        x: values that never fall.
        y: the values at x.
        style: its classes in the style sheet.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    style: str


def hue(number: int) -> str:
    """Give the style of the nth line: five colours, plain and then dashed."""
    return f"hue-{number % HUES + 1}" + (" dashed" if number >= HUES else "")


def roc(lines: list[Line]) -> str:
    """Draw ROC curves over the diagonal, which is chance."""
    axes = Axes((0, 1), (0, 1), "False positive rate", "True positive rate")
    return axes.svg("ROC curves", _line(axes, [0, 1], [0, 1], "chance") + _lines(axes, lines))


def precision_recall(lines: list[Line]) -> str:
    """Draw precision over recall, in steps, because nothing lies between two thresholds."""
    axes = Axes((0, 1), (0, 1), "Recall", "Precision")
    return axes.svg("Precision-recall curves", "".join(_steps(axes, line) for line in lines))


def learning(lines: list[Line], x_name: str, best: tuple[float, float] | None) -> str:
    """Draw losses by round or epoch, with a mark at the best."""
    x = span(*[line.x for line in lines], margin=0.01)
    low, high = span(*[line.y for line in lines])
    axes = Axes(x, (max(low, 0) if min(line.y.min() for line in lines) >= 0 else low, high), x_name, "Loss")
    mark = ""
    if best:
        at = f'cx="{short(axes.across(best[0]))}" cy="{short(axes.down(best[1]))}"'
        mark = f'<circle class="best" {at} r="5"><title>least: {plain(best[1])} at {plain(best[0])}</title></circle>'
    return axes.svg("Learning curve", _lines(axes, lines) + mark)


def scatter(x: np.ndarray, y: np.ndarray, x_name: str, y_name: str) -> str:
    """Draw a point a row, over the diagonal on which both are the same."""
    both = span(x, y)
    axes = Axes(both, both, x_name, y_name)
    places = zip(axes.across(x), axes.down(y), strict=True)
    points = "".join(f'<circle cx="{short(right)}" cy="{short(down)}" r="3"/>' for right, down in places)
    return axes.svg(f"{y_name} against {x_name}", f'{_line(axes, both, both, "chance")}<g class="points">{points}</g>')


def histogram(values: np.ndarray, x_name: str) -> str:
    """Draw how many rows have values in each of 10 to 40 ranges of the same width."""
    bins = int(np.clip(np.sqrt(len(values)), 10, 40))
    counts, edges = np.histogram(values, bins=bins, range=span(values, margin=0))
    axes = Axes((edges[0], edges[-1]), (0, counts.max() * 1.05), x_name, "Rows")
    places, bottom = axes.across(edges), float(axes.down(0))
    bars = []
    for count, left, right, low, high in zip(counts, places, places[1:], edges, edges[1:], strict=False):
        top = float(axes.down(count))
        box = f'x="{short(left + 0.5)}" y="{short(top)}" width="{short(right - left - 1)}"'
        text = f"{plain(low)} to {plain(high)}: {count:,} rows"
        bars.append(f'<rect class="bar" {box} height="{short(bottom - top)}"><title>{text}</title></rect>')
    middle = _line(axes, [0, 0], axes.y, "chance") if edges[0] < 0 < edges[-1] else ""
    return axes.svg(f"Histogram: {x_name}", "".join(bars) + middle)


def _lines(axes: Axes, lines: list[Line]) -> str:
    drawn = []
    for line in lines:
        chosen = thinned(line.x)
        drawn.append(_line(axes, line.x[chosen], line.y[chosen], f"line {line.style}"))
    return "".join(drawn)


def _line(axes: Axes, x: np.ndarray, y: np.ndarray, style: str) -> str:
    points = zip(axes.across(x), axes.down(y), strict=True)
    path = "L".join(f"{short(right)} {short(down)}" for right, down in points)
    return f'<path class="{style}" d="M{path}"/>'


def _steps(axes: Axes, line: Line) -> str:
    right, down = axes.across(line.x), axes.down(line.y)
    path = "".join(f"V{short(y)}H{short(x)}" for x, y in zip(right, down, strict=True))
    return f'<path class="line {line.style}" d="M{short(axes.across(0))} {short(down[0])}{path}"/>'
