"""The figures as a table in Markdown."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: what was measured.
        ours, other: the samples of this template's stack and of the one it is compared with.
        unit: of the samples; seconds have more digits.
        ratio: largest share of the other's figure that meets the target; None where there is no such target.
        most: largest figure that meets the target; None where there is no such target.
    """

    what: str
    ours: list[float]
    other: list[float]
    unit: str = "s"
    ratio: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        share = median(self.ours) / median(self.other)
        target, met = "", ""
        if self.ratio is not None:
            target, met = f"≤ {self.ratio:.2f}", share <= self.ratio
        elif self.most is not None:
            target, met = f"≤ {self.most:g} {self.unit}", median(self.ours) <= self.most
        verdict = {True: "met", False: "missed"}.get(met, "")
        cells = [self.what, self.figure(self.ours), self.figure(self.other), f"{share:.2f}", target, verdict]
        return f"| {' | '.join(cells)} |"

    def figure(self, samples: list[float]) -> str:
        """Show the median, and the least and the greatest sample where they differ."""
        digits = 2 if self.unit == "s" else 0
        text = f"{median(samples):.{digits}f} {self.unit}"
        if len(samples) > 1:
            text += f" ({min(samples):.{digits}f} to {max(samples):.{digits}f})"
        return text


def table(rows: list[Row]) -> str:
    """Give the whole table."""
    head = "| | Ours | Compared with | Ratio | Target | |\n|---|---|---|---|---|---|\n"
    return head + "".join(f"{row}\n" for row in rows)
