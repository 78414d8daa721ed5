"""The frame of a chart: from values to places in an SVG, with grid, ticks and names."""

import math
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 440, 330
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 48


@dataclass(frozen=True)
class Axes:
    """Two axes.

    Attributes:
        x: lowest and highest value across; they differ.
        y: lowest and highest value upwards; they differ.
        x_name: what x is.
        y_name: what y is.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    x_name: str
    y_name: str

    def across(self, values: np.ndarray) -> np.ndarray:
        """Give the places of x values, in the SVG's units from the left."""
        return LEFT + (np.asarray(values) - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def down(self, values: np.ndarray) -> np.ndarray:
        """Give the places of y values, in the SVG's units from the top."""
        return HEIGHT - BOTTOM - (np.asarray(values) - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)

    def svg(self, name: str, content: str) -> str:
        """Draw the frame around the content; the name is for those who cannot see it."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">'
            f"{self._grid()}{content}{self._names()}</svg>"
        )

    def _grid(self) -> str:
        lines, bottom, right = [], HEIGHT - BOTTOM, WIDTH - RIGHT
        for value in ticks(*self.x):
            at = short(self.across(value))
            lines.append(f'<path class="grid" d="M{at} {TOP}V{bottom}"/>')
            lines.append(f'<text x="{at}" y="{bottom + 17}" text-anchor="middle">{plain(value)}</text>')
        for value in ticks(*self.y):
            at = self.down(value)
            lines.append(f'<path class="grid" d="M{LEFT} {short(at)}H{right}"/>')
            lines.append(f'<text x="{LEFT - 7}" y="{short(at + 4)}" text-anchor="end">{plain(value)}</text>')
        return "".join(lines) + f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'

    def _names(self) -> str:
        middle = (TOP + HEIGHT - BOTTOM) // 2
        return (
            f'<text class="name" x="{(LEFT + WIDTH - RIGHT) // 2}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{escape(self.x_name)}</text>"
            f'<text class="name" x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">'
            f"{escape(self.y_name)}</text>"
        )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Choose round values between two, at most so many."""
    rough = (high - low) / most
    unit = 10 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def span(*values: np.ndarray, margin: float = 0.04) -> tuple[float, float]:
    """Give a range that holds all values with some margin; never an empty one."""
    low = min(float(np.min(some)) for some in values)
    high = max(float(np.max(some)) for some in values)
    room = (high - low) * margin or abs(low) * 0.1 or 1.0
    return low - room, high + room


def short(number: float) -> str:
    """Write a place in the SVG with a tenth of a unit."""
    return f"{float(number):.1f}".removesuffix(".0")


def plain(value: float, digits: int = 4) -> str:
    """Write a value for a person: so many digits that count, thousands apart."""
    value = 0.0 if abs(value) < 1e-12 else value
    if not math.isfinite(value):
        return "\N{EM DASH}"
    if 1e-3 <= abs(value) < 1e6 or not value:
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"
    else:
        text = f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return text.replace("-", "\N{MINUS SIGN}")
