"""One page of HTML with everything in it: no scripts, nothing fetched, and the same bytes for the same evidence."""

from html import escape
from pathlib import Path

import numpy as np

from . import blocks, charts, provenance
from .charts import Line
from .classification import Classification
from .evidence import Evidence
from .permutation import MOST_COLUMNS
from .regression import Regression

MOST_BARS = 20
STEPS = ("round", "epoch")
LOSSES = {"train_loss": "training", "validation_loss": "validation"}


def write(path: Path, evidence: Evidence) -> None:
    """Write the report of a model's predictions."""
    path.write_bytes(page(evidence).encode("utf-8", errors="replace"))


def page(evidence: Evidence) -> str:
    """Give the report as HTML."""
    sound = evidence.without_broken_rows()
    sections = [
        *_broken_rows(len(evidence.targets) - len(sound.targets)),
        *_judged(sound),
        *([] if evidence.description.reads_text else [_importance(evidence)]),
        *_learning(evidence.history),
        blocks.section("Provenance", blocks.table(["", ""], provenance.rows(evidence), "facts")),
    ]
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(evidence.title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(evidence.title)}</h1>
{blocks.paragraph(_about(evidence))}</header>
<main>
{"".join(sections)}</main>
</body>
</html>
"""


def _about(evidence: Evidence) -> str:
    description = evidence.description
    into = f" into {len(description.classes)} classes" if description.classes else ""
    columns = f"{len(description.features):,} columns"
    judged = f"judged by {len(evidence.targets):,} rows"
    return f"{description.task.capitalize()} of \N{LEFT DOUBLE QUOTATION MARK}{description.target}" + (
        f"\N{RIGHT DOUBLE QUOTATION MARK}{into} from {columns}, {judged}."
    )


def _broken_rows(count: int) -> list[str]:
    said = f"The prediction of {count:,} rows is no number; they are left out of all figures below."
    return [blocks.notice(said)] if count else []


def _judged(evidence: Evidence) -> list[str]:
    if not len(evidence.targets):
        return [blocks.notice("There is no row to judge by.")]
    if evidence.description.classes:
        of_classes = Classification(evidence)
        return [of_classes.headline(), of_classes.curves(), of_classes.matrix()]
    of_values = Regression(evidence)
    return [of_values.headline(), of_values.charts(), of_values.quantiles()]


def _importance(evidence: Evidence) -> str:
    measured = [(name, growth) for name, growth in evidence.importance.items() if np.isfinite(growth)]
    ordered = sorted(measured, key=lambda item: -item[1])
    if not ordered:
        many = len(evidence.description.features) > MOST_COLUMNS
        why = f"the model has more than {MOST_COLUMNS} columns" if many else "this run did not ask for it"
        return blocks.section("Feature importance", blocks.paragraph(f"Not measured: {why}."))
    loss = "log loss" if evidence.description.classes else "mean squared error"
    of = f", the first {MOST_BARS} of {len(ordered):,} columns" if len(ordered) > MOST_BARS else ""
    said = f"What the {loss} grows by once the values of a column are shuffled among the rows{of}."
    return blocks.section("Feature importance", blocks.paragraph(said), blocks.bars(ordered[:MOST_BARS]))


def _learning(history: list[dict[str, float]]) -> list[str]:
    """Draw the losses over rounds or epochs; figures without either, such as the final ones, are no part of it."""
    x_name = next((name for name in STEPS if any(name in figures for figures in history)), "")
    drawn = [_loss(history, x_name, key, index) for index, key in enumerate(LOSSES)]
    lines = [line for line in drawn if len(line.x) > 1]
    if not lines:
        return []
    legend = [(line, f"{line.y[-1]:.4g} at the end") for line in lines]
    judged, best = lines[-1], None
    if judged.name == LOSSES["validation_loss"]:
        at = int(np.argmin(judged.y))
        best = (float(judged.x[at]), float(judged.y[at]))
    note = f"Least validation loss: {best[1]:.4g} at {x_name} {best[0]:g}." if best else ""
    shown = blocks.figure("Loss while fitting", charts.learning(lines, x_name.capitalize(), best), legend, note)
    return [blocks.section("Learning curve", blocks.side_by_side(shown))]


def _loss(history: list[dict[str, float]], x_name: str, key: str, index: int) -> Line:
    points = {figures[x_name]: figures[key] for figures in history if x_name in figures and key in figures}
    points = {step: loss for step, loss in sorted(points.items()) if np.isfinite(loss)}
    return Line(LOSSES[key], np.array(list(points)), np.array(list(points.values())), charts.hue(index))
