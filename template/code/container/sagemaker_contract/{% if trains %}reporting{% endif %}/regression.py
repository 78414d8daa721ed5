"""The sections on how far predicted values lie from the true ones."""

from dataclasses import dataclass

import numpy as np

from . import blocks, charts
from .axes import plain
from .evidence import Evidence
from .figures import QUANTILES, quantiles, summary

MOST_POINTS = 2000
SHOWN = (0.5, 99.5)  # percentiles of the errors in the histogram: one far off would press all others into a bar


@dataclass(frozen=True)
class Regression:
    """What was judged; each method gives a piece of the page."""

    evidence: Evidence

    @property
    def errors(self) -> np.ndarray:
        """Predicted less true value of each row."""
        return self.evidence.predicted - self.evidence.targets

    def headline(self) -> str:
        """The figures, and beside the errors what guessing would give."""
        targets = self.evidence.targets
        figures = summary(self.evidence.predicted, targets, [])
        off = float(np.mean(np.abs(targets - np.median(targets))))
        return blocks.tiles(
            [
                ("R²", figures["r2"], "share of the variance explained"),
                ("RMSE", figures["rmse"], f"{plain(float(np.std(targets)))} by always guessing the mean"),
                ("MAE", figures["mae"], f"{plain(off)} by always guessing the median"),
            ]
        )

    def charts(self) -> str:
        """Predicted against true values, and how the errors spread."""
        target = self.evidence.description.target
        rows = np.sort(np.random.default_rng(0).permutation(len(self.errors))[:MOST_POINTS])
        drawn = charts.scatter(
            self.evidence.targets[rows], self.evidence.predicted[rows], f"true {_brief(target)}", "predicted"
        )
        drawn_of = (
            f"{len(rows):,} of {len(self.errors):,} rows, drawn by chance" if len(rows) < len(self.errors) else ""
        )
        low, high = np.percentile(self.errors, SHOWN) if len(self.errors) > 400 else (-np.inf, np.inf)
        shown = self.errors[(self.errors >= low) & (self.errors <= high)]
        beyond = f"{len(self.errors) - len(shown):,} rows lie beyond" if len(shown) < len(self.errors) else ""
        return blocks.section(
            "Predictions and their errors",
            blocks.side_by_side(
                blocks.figure("Predicted against true", drawn, note=drawn_of),
                blocks.figure("Errors", charts.histogram(shown, "predicted \N{MINUS SIGN} true"), note=beyond),
            ),
        )

    def quantiles(self) -> str:
        """What errors to expect."""
        rows = [
            ["error (predicted \N{MINUS SIGN} true)", *map(plain, quantiles(self.errors))],
            ["size of the error", *map(plain, quantiles(np.abs(self.errors)))],
        ]
        header = ["share of rows below", *(f"{quantile} %" for quantile in QUANTILES)]
        return blocks.section("Error quantiles", blocks.table(header, rows))


def _brief(name: str) -> str:
    return name if len(name) <= 30 else f"{name[:27]}..."
