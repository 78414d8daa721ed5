"""How good predictions are, by the labels that the model did not get."""

import math
from collections.abc import Iterable, Sequence

from ..context import Context

TASKS = ("classification", "regression")
MOST_CLASSES = 20  # whole numbers, as the container has it where no hyperparameter says the task


def task_of(context: Context) -> str:
    """Give the task, as the hyperparameter has it, or else as the evaluation has judged; nothing where neither says."""
    if (given := context.config.training.hyperparameters.get("task")) in TASKS:
        return given
    judged = context.run.step("evaluation")
    known = judged.metrics if judged else {}
    return "regression" if "r2" in known else "classification" if "accuracy" in known else ""


def score(pairs: Iterable[Sequence[str]], task: str = "", name: str = "served_score") -> dict[str, float]:
    """Give the score, the share of right predictions or R² of values, and `rows`; nothing without pairs.

    Args:
        pairs: a label and a prediction a row; never are all in memory.
        task: one of TASKS; where it is none, words and a few whole numbers are classes.
        name: of the score.
    """
    rows = right = 0
    are_numbers = are_whole = True
    classes: set[float] = set()
    error = mean = spread = 0.0  # the mean and the spread of the labels so far, by Welford
    for label, prediction in pairs:
        rows += 1
        value, guess = _number(label), _number(prediction)
        right += (label.strip() if value is None else value) == (prediction.strip() if guess is None else guess)
        are_numbers = are_numbers and value is not None and guess is not None
        if are_numbers:
            are_whole = are_whole and value.is_integer() and guess.is_integer()
            if len(classes) <= MOST_CLASSES:
                classes.add(value)
            error += (value - guess) ** 2
            from_mean = value - mean
            mean += from_mean / rows
            spread += from_mean * (value - mean)
    if not rows:
        return {}
    are_classes = task == "classification" if task else are_whole and len(classes) <= MOST_CLASSES
    if are_classes or not are_numbers:
        return {name: right / rows, "rows": rows}
    return {name: 1 - error / spread if spread else 0.0, "rows": rows}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
