"""From tables to a saved model: the steps between a model's fit and the folder that SageMaker collects."""

import logging
from pathlib import Path
from types import ModuleType
from typing import Any

from . import artefact
from .artefact import Description
from .dataset import find_classes, hold_out, infer_task, make_dataset
from .progress import report
from .scoring import scores
from .tabular import Table

logger = logging.getLogger(__name__)


def fit_and_save(
    model: ModuleType, settings: Any, training: Table, validation: Table | None, folder: Path
) -> Description:
    """Fit a model, score it, and save it with its model.json.

    Args:
        model: the model's own code: fit, save, predict.
        settings: its hyperparameters; `task` and `seed` are read here.
        training: the rows to fit.
        validation: the rows to judge by; None holds a fifth of the training rows out.
        folder: where the model artefact goes.

    Raises:
        InputError: the labels do not suit the task.
    """
    task = settings.task or infer_task(training.labels)
    classes = find_classes(training.labels) if task == "classification" else []
    fitted_on = make_dataset(training, classes)
    if validation is None:
        fitted_on, judged_by = hold_out(fitted_on, settings.seed, stratify=bool(classes))
    else:
        judged_by = make_dataset(validation, classes)
    logger.info("%s of %r from %d columns", task, training.target, len(training.columns))
    logger.info("%d rows to fit, %d to validate", len(fitted_on), len(judged_by))

    fitted = model.fit(fitted_on, judged_by, len(classes), settings, report)
    on_training = scores(model.predict(fitted, fitted_on.features), fitted_on.targets)
    on_validation = scores(model.predict(fitted, judged_by.features), judged_by.targets)
    figures = {
        "train_loss": on_training["loss"],
        "validation_loss": on_validation["loss"],
        "validation_score": on_validation["score"],
    }
    report(**figures)
    model.save(fitted, folder)
    _let_all_read(folder)
    model.predict(model.load(folder), judged_by.features[:1])  # what cannot be loaded fails here, not on an endpoint
    description = Description(
        target=training.target,
        task=task,
        features=training.columns,
        classes=classes,
        scores=figures,
        files=artefact.digests(folder),
    )
    artefact.write(description, folder)
    return description


def _let_all_read(folder: Path) -> None:
    """Let a server read the model that is not root; safetensors leaves a file to its owner alone."""
    for path in folder.rglob("*"):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
