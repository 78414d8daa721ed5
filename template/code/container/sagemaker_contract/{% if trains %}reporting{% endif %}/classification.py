"""The sections on how well classes are told apart."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import blocks, charts
from .charts import Line
from .confusion import confusion, most_confused, precision_recall_f1
from .curves import Ranking, average_roc, rankings
from .evidence import Evidence
from .figures import summary

MOST_CURVES = 10
MOST_CLASSES = 20  # of a confusion matrix
BELOW_EACH_OTHER = 4  # classes whose tables are too wide to stand abreast


@dataclass(frozen=True)
class Classification:
    """What was judged; each method gives a piece of the page."""

    evidence: Evidence

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return self.evidence.description.classes

    @cached_property
    def counts(self) -> np.ndarray:
        """Rows by true and by predicted class."""
        return confusion(self.evidence.predicted, self.evidence.targets)

    @cached_property
    def ranked(self) -> list[Ranking]:
        """The classes' rankings, those with the most rows first."""
        found = rankings(self.evidence.predicted, self.evidence.targets, self.classes)
        return sorted(found, key=lambda ranking: -ranking.rows)

    def headline(self) -> str:
        """The figures, and beside the accuracy what guessing would give."""
        figures = summary(self.evidence.predicted, self.evidence.targets, self.classes)
        rows = self.counts.sum(axis=1)
        guess = f"{blocks.percent(rows.max() / rows.sum())} by always guessing {_brief(self.classes[rows.argmax()])}"
        tiles = [("Accuracy", figures["accuracy"], guess), ("Log loss", figures["log_loss"], "0 is perfect")]
        if "auc" in figures:
            of = "0.5 is chance" if len(self.classes) == 2 else "mean over classes, 0.5 is chance"
            tiles.append(("AUC", figures["auc"], of))
        if len(self.classes) == 2:
            of = f"of {_brief(self.classes[1])}"
            values = (of_class[1] for of_class in precision_recall_f1(self.counts))
            tiles += [
                (name, float(value), of) for name, value in zip(("Precision", "Recall", "F1"), values, strict=True)
            ]
        return blocks.tiles(tiles)

    def curves(self) -> str:
        """ROC and precision-recall curves, and a word on classes that have none."""
        absent = [name for name, rows in zip(self.classes, self.counts.sum(axis=1), strict=True) if not rows]
        said = []
        if absent:
            said.append(blocks.notice(f"No row of these classes was judged: {_listed(absent)}."))
        if not self.ranked:
            said.append(blocks.notice("All judged rows are of one class, so that there is no curve to draw."))
            return blocks.section("Curves", *said)
        if len(self.classes) == 2:
            said.append(blocks.paragraph(f"How well the probability of {_brief(self.classes[1])} ranks the rows."))
        elif len(self.ranked) > MOST_CURVES:
            said.append(
                blocks.paragraph(f"Each class against the rest; the {MOST_CURVES} with the most rows are drawn.")
            )
        else:
            said.append(blocks.paragraph("Each class against the rest."))
        return blocks.section("Curves", *said, blocks.side_by_side(self._roc(), self._precision_recall()))

    def _roc(self) -> str:
        legend = [
            (Line(ranking.name, *ranking.roc, charts.hue(index)), f"AUC {ranking.auc:.3f}")
            for index, ranking in enumerate(self.ranked[:MOST_CURVES])
        ]
        if len(self.ranked) > 1:
            mean = float(np.mean([ranking.auc for ranking in self.ranked]))
            legend.append((Line("mean of all classes", *average_roc(self.ranked), "mean"), f"AUC {mean:.3f}"))
        return blocks.figure("ROC", charts.roc([line for line, _ in legend]), legend)

    def _precision_recall(self) -> str:
        legend = [
            (Line(ranking.name, *ranking.precision_recall, charts.hue(index)), f"AP {ranking.average_precision:.3f}")
            for index, ranking in enumerate(self.ranked[:MOST_CURVES])
        ]
        drawn = charts.precision_recall([line for line, _ in legend])
        mean = float(np.mean([ranking.average_precision for ranking in self.ranked]))
        note = f"Mean average precision (AP) of all classes: {mean:.3f}" if len(self.ranked) > 1 else ""
        return blocks.figure("Precision and recall", drawn, legend, note)

    def matrix(self) -> str:
        """The confusion matrix; of many classes, the part with the most wrong rows."""
        chosen = most_confused(self.counts, MOST_CLASSES)
        names = [self.classes[number] for number in chosen]
        header, part, said = ["true \N{RIGHTWARDS ARROW} predicted", *names], self.counts[np.ix_(chosen, chosen)], ""
        if len(chosen) < len(self.classes):
            header.append("other classes")
            part = np.column_stack([part, self.counts[chosen].sum(axis=1) - part.sum(axis=1)])
            said = f" These are the {MOST_CLASSES} most confused of {len(self.classes)} classes."
        tables = [blocks.heat_table(header, names, part), self._by_class(chosen)]
        return blocks.section(
            "Confusion matrix",
            blocks.paragraph(f"Rows of each true class by the class predicted, and their share of it.{said}"),
            *([blocks.side_by_side(*tables)] if len(chosen) < BELOW_EACH_OTHER else tables),
        )

    def _by_class(self, chosen: np.ndarray) -> str:
        ranked = {ranking.name: ranking for ranking in self.ranked}
        figures = precision_recall_f1(self.counts)
        rows = []
        for number in chosen:
            name = self.classes[number]
            values = [float(of_class[number]) for of_class in figures]
            if len(self.classes) > 2:
                ranking = ranked.get(name)
                values += [ranking.auc, ranking.average_precision] if ranking else [np.nan, np.nan]
            rows.append([name, f"{self.counts[number].sum():,}", *map(_figure, values)])
        header = ["class", "rows", "precision", "recall", "F1"]
        return blocks.table([*header, *(["AUC", "AP"] if len(self.classes) > 2 else [])], rows)


def _figure(value: float) -> str:
    return "\N{EM DASH}" if np.isnan(value) else f"{value:.3f}"


def _brief(name: str) -> str:
    return repr(name if len(name) <= 40 else f"{name[:37]}...")


def _listed(names: list[str]) -> str:
    return ", ".join(map(_brief, names[:10])) + (", ..." if len(names) > 10 else "")
