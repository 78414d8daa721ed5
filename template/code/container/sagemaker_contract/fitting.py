"""From tables to a saved model: the steps between a model's fit and the folder that SageMaker collects."""

import logging
import math
import os
import platform
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import artefact, sharing, storage
from .artefact import Description, Feature
from .dataset import Dataset, find_classes, hold_out, infer_task, make_dataset
from .errors import InputError
from .run import Run
from .scoring import scores
from .storage import Predict
from .tabular import Table

TIMESTAMP = 315_532_800  # 1980: the same files give the same archive, whenever they were written
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what it was judged by.

    Attributes:
        model: what the model's `fit` gave.
        predict: the stored model as a function of feature rows; the fitted one on a worker that stores none.
        description: what model.json says of it.
        judged: the validation rows.
        predicted: class probabilities of those rows, shape (rows, classes), or values, shape (rows,).
    """

    model: Any
    predict: Predict
    description: Description
    judged: Dataset
    predicted: np.ndarray

    @property
    def scores(self) -> dict[str, float]:
        """The final figures by name."""
        return self.description.scores


def fit_and_save(
    model: ModuleType, settings: Any, training: Table, validation: Table | None, folder: Path, run: Run | None = None
) -> Fitted:
    """Fit a model, score it, and save it with its model.json; of several workers, the first alone saves.

    Args:
        model: the model's own code: fit, save, load, predict.
        settings: its hyperparameters; `task` and `seed` are read here.
        training: the rows to fit.
        validation: the rows to judge by; None holds a fifth of the training rows out.
        folder: where the model artefact goes.
        run: the job around it; None means none.

    Raises:
        InputError: the labels do not suit the task, a checkpoint is of another job, the fit did not converge, or
            what is stored does not predict as the fitted model does.
    """
    run = run or Run()
    labels = sharing.different_labels(training, settings.task, run)
    task = settings.task or infer_task(labels)
    classes = find_classes(labels) if task == "classification" else []
    fitted_on = make_dataset(training, classes)
    if validation is None:
        fitted_on, judged = hold_out(fitted_on, settings.seed, stratify=bool(classes))
        if judged is fitted_on:
            logger.warning("too few rows to hold any out: the figures are of rows that the model has seen")
    else:
        judged = make_dataset(validation, classes)
    fitted_on = sharing.share(fitted_on, run)
    judged = sharing.judged_by_all(judged, (validation or training).channel, run)
    logger.info("%s of %r from %d columns", task, training.target, len(training.columns))
    logger.info("%d rows to fit, %d to validate", len(fitted_on), len(judged))

    described = Description(
        framework=getattr(model, "FRAMEWORK", "unknown"),
        versions=_versions(model),
        target=training.target,
        task=task,
        features=[
            Feature(name=name, type=kind)
            for name, kind in zip(training.columns, sharing.types(training, run), strict=True)
        ],
        classes=classes,
        seed=settings.seed,
        hyperparameters=settings.model_dump(mode="json"),
        revision=os.environ.get("REVISION") or "unknown",
        data=sharing.fingerprint(training, run),
        **storage.about(),
    )
    run.begin(settings, described)
    fitted = model.fit(fitted_on, judged, len(classes), settings, run)
    run.end_of_rounds()
    predict = partial(model.predict, fitted)
    on_training = scores(predict(fitted_on.features), fitted_on.targets)
    on_validation = scores(predict(judged.features), judged.targets)
    figures = {
        "train_loss": sharing.mean(on_training["loss"], len(fitted_on), run),
        "validation_loss": on_validation["loss"],
        "validation_score": on_validation["score"],
    }
    run.report(**figures)
    if not all(map(math.isfinite, figures.values())):
        raise InputError(f"the model's figures are not finite: {figures}", "a fit that converges, at a lower rate, say")
    described = described.model_copy(update={"scores": figures})
    if run.rank == 0:
        predict, described = _save(model, fitted, described, judged, folder)
    return Fitted(fitted, predict, described, judged, predict(judged.features))


def _save(
    model: ModuleType, fitted: Any, described: Description, judged: Dataset, folder: Path
) -> tuple[Predict, Description]:
    """Store the model with its model.json; where that fails, nothing is left in the folder.

    Raises:
        OSError: the folder cannot be written.
        InputError: what is stored does not predict as the fitted model does.
    """
    try:
        predict = storage.save(model, fitted, judged.features, folder)
        described = described.model_copy(update={"files": artefact.digests(folder)})
        artefact.write(described, folder)
        artefact.read(folder)
        _settle(folder)
    except BaseException as error:
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        if isinstance(error, Exception) and not isinstance(error, InputError):
            raise OSError(f"the model cannot be saved in {folder}: {error}") from error
        raise
    return predict, described


def _settle(folder: Path) -> None:
    """Let a server read the model that is not root (safetensors leaves a file to its owner alone); set fixed times."""
    for path in [*folder.rglob("*"), folder]:
        with suppress(PermissionError):  # the folder may be somebody else's
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
            os.utime(path, (TIMESTAMP, TIMESTAMP))


def _versions(model: ModuleType) -> dict[str, str]:
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    for name in (*([model.FRAMEWORK] if hasattr(model, "FRAMEWORK") else []), *storage.LIBRARIES):
        versions[name] = import_module(name).__version__
    return versions
