"""Find the best hyperparameters: a TuningJob trains with many, and keeps the model that does best."""

import json

from sagemaker_jobs.following import JobFailed
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.requests import tuning
from sagemaker_jobs.runs import Step

from ..context import Context


def run(context: Context) -> Step:
    """Tune on the data that preprocess has parted; outputs are the best model, and the hyperparameters it has.

    Raises:
        ConfigError: the settings of the tuning cannot be used, or there is no data.
        JobFailed: the job did not complete, or has no best model.
    """
    data = context.before("preprocess").outputs
    sagemaker, run = context.backend.sagemaker, context.run
    asked = tuning.request(context.config, run, data["training"], data["validation"])
    described = context.do("tuning", "HyperParameterTuningJob", asked)
    name, best = described["HyperParameterTuningJobName"], described.get("BestTrainingJob")
    if not best:
        cause = f"no training job gave {context.config.tuning.objective}"
        raise JobFailed(KINDS["HyperParameterTuningJob"], name, "Failed", cause, [])
    trained = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])

    chosen = {"training_job": best["TrainingJobName"], "hyperparameters": best["TunedHyperParameters"]}
    uri = run.uri("tuning", "best.json")
    context.backend.stored.write(uri, (json.dumps(chosen, indent=2) + "\n").encode())
    objective = best["FinalHyperParameterTuningJobObjectiveMetric"]
    return Step(
        "tuning",
        name,
        outputs={"model": trained["ModelArtifacts"]["S3ModelArtifacts"], "best": uri},
        metrics={objective["MetricName"]: objective["Value"]},
    )
