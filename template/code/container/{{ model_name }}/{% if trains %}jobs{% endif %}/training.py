"""The training job: read the channels, fit, score, save. Yours to change."""

from sagemaker_contract.fitting import fit_and_save
from sagemaker_contract.tabular import read_channel
from sagemaker_contract.training.job import TrainingJob

from .. import model


def run(job: TrainingJob) -> None:
    """Fit the model on channel `training`; channel `validation` judges it, or else a held-out fifth of the rows."""
    settings = job.hyperparameters(model.Hyperparameters)
    training = read_channel(job.channel("training"), settings.target)
    validation = None
    if job.has_channel("validation"):
        validation = read_channel(job.channel("validation"), training.target, training.columns)
    fitted = fit_and_save(model, settings, training, validation, job.model_folder, job.run)
    job.write_output("metrics.json", fitted.scores)
    job.write_report(fitted)
