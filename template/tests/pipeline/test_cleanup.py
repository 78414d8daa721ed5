"""The jobs that run are found by their tags, with what they cost, and none is stopped; on moto's SageMaker."""

import pytest
from moto.sagemaker.models import sagemaker_backends
from running import Faulty, tag, work

from batches import cleanup
from sagemaker_jobs import tags, under_way
from sagemaker_jobs.faults import Faults
from sagemaker_jobs.kinds import KINDS
from sagemaker_jobs.prices import Prices, table
from utils.aws.errors import AwsError, NotSignedIn


def test_a_job_that_cannot_be_looked_at_keeps_from_no_other():
    with work() as context:
        own = tags.of(context.config, context.run)
        for name in ("job-1", "job-2"):
            job(context, "TrainingJob", name, **requests(context)["TrainingJob"], Tags=own)
        denied = {"training-job/job-1": AwsError("list_tags: access denied")}
        faults = Faults(print)
        found = under_way.running(Faulty(context.backend.sagemaker, list_tags=denied), context.config, faults)
    assert ([one.name for one in found], faults.number) == (["job-2"], 1)


def test_the_prices_say_when_and_where_they_held():
    assert table().region == "us-east-1"
    assert table().as_of
    prices = Prices("2025", "us-east-1", {"ml.m5.large": 0.1})
    assert prices.of_variant({"InstanceType": "ml.m5.large"}, 3) == pytest.approx(0.3)
    assert prices.of_variant({"InstanceType": "ml.m5.large"}, 0) == 0
    assert prices.of_variant({"InstanceType": "ml.p4d.24xlarge"}, 1) is None
    assert prices.of_variant({"ServerlessConfig": {"MaxConcurrency": 1}}, 0) == 0
    assert prices.of_variant({"ServerlessConfig": {"ProvisionedConcurrency": 1}}, 0) is None


def job(context, kind, name, **machines):
    """Make a job that runs; moto's are done at once."""
    made = {"TrainingJob": "training_jobs", "ProcessingJob": "processing_jobs", "TransformJob": "transform_jobs"}
    made["HyperParameterTuningJob"] = "hyper_parameter_tuning_jobs"
    account = sagemaker_backends["123456789012"]["us-east-1"]
    statuses = {"HyperParameterTuningJob": "hyper_parameter_tuning_job_status"}
    status = statuses.get(kind) or made[kind].removesuffix("s") + "_status"
    KINDS[kind].create(context.backend.sagemaker, machines | {f"{kind}Name": name})
    setattr(getattr(account, made[kind])[name], status, "InProgress")


def requests(context):
    """Requests of a job of each kind."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    training = {
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": context.config.role,
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": resources | {"VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "EnableManagedSpotTraining": True,
    }
    cluster = {"InstanceType": "ml.m5.24xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/i"}}
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    return {
        "TrainingJob": training,
        "ProcessingJob": {
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {"ImageUri": "i"},
            "RoleArn": context.config.role,
        },
        "TransformJob": {
            "ModelName": "m",
            "TransformInput": {"DataSource": source},
            "TransformOutput": {"S3OutputPath": "s3://b/o"},
            "TransformResources": resources,
        },
        "HyperParameterTuningJob": {
            "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": limits},
        },
    }


def test_jobs_that_run_are_listed_with_what_they_cost_and_none_is_stopped():
    with work(yes=True) as context:
        own = tags.of(context.config, context.run)
        for kind, request in requests(context).items():
            job(context, kind, f"our-{KINDS[kind].noun.replace(' ', '-')}", **request, Tags=own)
        request = requests(context)["TrainingJob"]
        job(context, "TrainingJob", "theirs", **request, Tags=[tag("project", "another")])
        context.backend.sagemaker.create_training_job(TrainingJobName="done", **request, Tags=own)
        client, ask = context.backend.sagemaker, context.backend.sagemaker.describe_processing_job
        resources = {"ProcessingResources": requests(context)["ProcessingJob"]["ProcessingResources"]}
        client.describe_processing_job = lambda **named: ask(**named) | resources  # which moto forgets
        found = {one.name: one for one in under_way.running(client, context.config, Faults(print))}
        step = cleanup.run(context)
        assert len(under_way.running(context.backend.sagemaker, context.config, Faults(print))) == 4
        shown = context.console.export_text()
    names = ["our-training-job", "our-processing-job", "our-transform-job", "our-tuning-job"]
    assert list(found) == names
    assert [one.machines for one in found.values()] == [
        "2 x ml.m5.large, spot",
        "1 x ml.m5.24xlarge",
        "2 x ml.m5.large",
        "those of its training jobs",
    ]
    assert [one.hourly for one in found.values()] == [0.23, None, 0.23, 0.0]
    assert step.metrics["jobs"] == 4
    assert "aws sagemaker stop-training-job --training-job-name our-training-job" in shown
    assert all(name in shown for name in names)


def test_all_pages_of_jobs_are_read():
    with work() as context:
        own = tags.of(context.config, context.run)
        for number in range(7):
            job(context, "TrainingJob", f"job-{number}", **requests(context)["TrainingJob"], Tags=own)

        class Paged:
            def __getattr__(self, name):
                ask = getattr(context.backend.sagemaker, name)
                if name.startswith("list_") and name != "list_tags":
                    return lambda **request: ask(MaxResults=3, **request)
                return ask

        assert len(under_way.running(Paged(), context.config, Faults(print))) == 7


def test_of_missing_credentials_one_line_is_enough():
    with work() as context:
        denied = dict.fromkeys(("InProgress",), NotSignedIn("no credentials"))
        client = Faulty(context.backend.sagemaker, list_training_jobs=denied, list_processing_jobs=denied)
        with pytest.raises(NotSignedIn, match=r"^no credentials$"):
            under_way.running(client, context.config, Faults(print))
