"""The settings of an environment, as `configs/` holds them; each name that SageMaker limits is checked here."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Scalar = str | int | float | bool
Count = Annotated[int, Field(ge=1)]
InstanceType = Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$", examples=["ml.m5.large"])]
JsonPath = Annotated[str, Field(pattern=r"^\$", max_length=63, examples=["$[1:]"])]
S3Uri = Annotated[str, Field(pattern=r"^s3://[^/]+(/.*)?$", examples=["s3://my-bucket/data"])]

# As SQLAlchemy reads a URL: whatever stands between the user's colon and an @, or a key such as sslpassword behind a ?.
PASSWORD = re.compile(r"://[^:/]*:[^@]*@|[?&][^=&]*(passw|pwd)[^=&]*=", re.IGNORECASE)


class Settings(BaseModel):
    """Settings of any kind: an unknown key is an error, for it may be a slip."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Images(Settings):
    """URIs of the images in Amazon ECR; on a laptop, the names that build.sh gives them."""

    train: str = Field("", description="needed by a project that trains")
    serve: str = Field("", description="needed by a project that serves, and by what registers a model")


class Ceiling(Settings):
    """What no job and no endpoint may exceed; asked for more, the pipeline refuses before it asks SageMaker."""

    instance_types: list[str] = Field(description="patterns such as ml.m5.*")
    instance_count: Count = 1
    runtime_seconds: Count = 86400


class Network(Settings):
    """The VPC of the jobs; without it they run in SageMaker's own network."""

    subnets: list[str] = Field(min_length=1)
    security_groups: list[str] = Field(min_length=1)


class Job(Settings):
    """The machines of a job."""

    instance_type: InstanceType = "ml.m5.large"
    instance_count: Count = 1
    volume_gb: Count = 30
    max_runtime_seconds: Count = 3600
    environment: dict[str, str] = {}


class Preprocess(Job):
    """The ProcessingJob that parts the data."""

    validation_fraction: float = Field(0.2, gt=0, lt=1)
    test_fraction: float = Field(0.2, gt=0, lt=1)


class Training(Job):
    """The TrainingJob."""

    hyperparameters: dict[str, Scalar] = {}
    input_mode: Literal["File", "FastFile", "Pipe"] = "File"
    distribution: Literal["FullyReplicated", "ShardedByS3Key"] = "FullyReplicated"
    spot: bool = False
    max_wait_seconds: Count | None = Field(None, description="with spot: the longest for waiting and running together")
    keep_alive_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    checkpoints: bool = True


class Range(Settings):
    """What a tuning job may choose a hyperparameter from: the ends of a range, or values."""

    least: float | None = None
    most: float | None = None
    whole: bool = False
    scale: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"
    values: list[Scalar] | None = None


class Tuning(Settings):
    """The TuningJob, over training jobs as `training` describes them."""

    objective: str = Field("validation:score", description="a name in the model's metrics.json")
    goal: Literal["Maximize", "Minimize"] = "Maximize"
    strategy: Literal["Bayesian", "Random", "Grid"] = "Bayesian"
    max_jobs: Count = 4
    max_parallel_jobs: Count = 2
    ranges: dict[str, Range] = {}


PREDICTING = Path(__file__).parents[1] / "batches" / "inference"
PREDICT = tuple(job for job in ("transform", "processing") if (PREDICTING / f"{job}.py").is_file())
OWN = {  # keys that the one job has, and the other has not
    "transform": (
        *("join", "input_filter", "output_filter"),
        *("content_type", "strategy", "max_payload_mb", "max_concurrent_transforms"),
    ),
    "processing": ("volume_gb", "max_runtime_seconds"),
}


class Inference(Job):
    """The job that predicts many rows: a TransformJob by the server, or a ProcessingJob by `jobs/inference.py`."""

    job: Literal["transform", "processing"] = Field(
        PREDICT[0], description="transform needs a project that serves, processing one that trains"
    )
    rows: str | None = Field(
        None,
        description="feature rows, without labels; by default the rows of the run's test; processing needs a header",
        pattern=r"^(s3://[^/]+(/.*)?|[^:]+)$",
        examples=["s3://my-bucket/rows, or a path from the project's root"],
    )
    join: bool = Field(False, description="with rows: each stands before its prediction")
    input_filter: JsonPath = Field("$", description="with rows: what of each the model gets")
    output_filter: JsonPath = Field("$", description="with rows: what is kept of an answer, with join behind its row")
    content_type: Literal["text/csv", "application/jsonlines"] = Field("text/csv", description="JSON lines with rows")
    strategy: Literal["MultiRecord", "SingleRecord"] = "MultiRecord"
    max_payload_mb: Annotated[int, Field(ge=1, le=100)] = 6
    max_concurrent_transforms: Count = 1

    @field_validator("job")
    @classmethod
    def _is_there(cls, job: str) -> str:
        if job not in PREDICT:
            raise ValueError(f"this project has no {job} job; accepted: {', '.join(PREDICT)}")
        return job

    @model_validator(mode="after")
    def _has_its_own_keys(self) -> "Inference":
        [other] = OWN.keys() - {self.job}
        if given := [key for key in OWN[other] if key in self.model_fields_set]:
            accepted = f"none, or job: {other}" if other in PREDICT else "none"
            raise ValueError(f"{given[0]} is set, which a {self.job} job has not; accepted: {accepted}")
        return self

    @model_validator(mode="after")
    def _suits_the_rows_of_the_test(self) -> "Inference":
        """Those are CSV, and have a label, beside which one prediction is expected."""
        probabilities = self.environment.get("SAGEMAKER_PROBABILITIES", "")
        given = {
            "input_filter": self.input_filter != "$",
            "output_filter": self.output_filter != "$",
            "content_type": self.content_type != "text/csv",
            "environment.SAGEMAKER_PROBABILITIES": probabilities.lower() == "true",
        }
        wrong = [key for key, is_given in given.items() if is_given]
        if wrong and self.job == "transform" and not self.rows:
            raise ValueError(f"{wrong[0]} is set, which is for rows of your own; accepted: none, or rows, too")
        return self


class Autoscaling(Settings):
    """How many instances an endpoint has, by the invocations of a minute that each gets."""

    least: Annotated[int, Field(ge=0)] = 1
    most: Count
    invocations_per_minute: float = Field(gt=0)


class Deployment(Settings):
    """The endpoint."""

    name: str | None = Field(
        None, pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", description="by default project-model-environment"
    )
    kind: Literal["real-time", "serverless", "asynchronous", "multi-model"] = "real-time"
    instance_type: InstanceType = "ml.m5.large"
    instance_count: Count = 1
    environment: dict[str, str] = {}
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 2048
    max_concurrency: Count = 5
    autoscaling: Autoscaling | None = None
    data_capture_percent: Annotated[int, Field(ge=0, le=100)] = 0
    traffic_shift: Literal["all-at-once", "canary", "linear"] = "all-at-once"
    rollback_alarms: list[str] = Field([], description="CloudWatch alarms that roll an update back")
    bake_seconds: int = Field(
        300, ge=0, le=3600, description="between the steps of an update, and with alarms after the last"
    )
    expires_after_hours: Count = 8


class Registration(Settings):
    """What SageMaker Pipelines does with a model that was evaluated."""

    metric: Literal["accuracy", "auc", "r2"] = Field("accuracy", description="a figure of evaluation.json")
    least: float = Field(0.8, description="a model below is not registered")
    approval: Literal["PendingManualApproval", "Approved", "Rejected"] = "PendingManualApproval"


class Files(Settings):
    """Files of this machine."""

    kind: Literal["files"] = "files"
    path: str = Field(description="a folder, from the project's on")


class Bucket(Settings):
    """Objects in Amazon S3."""

    kind: Literal["s3"]
    uri: S3Uri


class Database(Settings):
    """Rows of a database, by SQLAlchemy."""

    kind: Literal["database"]
    url: str = Field(description="without the password", examples=["postgresql://user@host/name"])
    password: str | None = Field(
        None,
        description="a reference, so that no file holds the password",
        pattern=r"^(secret|ssm|env):.+$",
        examples=["secret:NAME, secret:NAME#KEY, ssm:NAME or env:NAME"],
    )
    query: str | None = Field(None, description="by default the labelled rows of the table in utils/db/schema.py")

    @field_validator("url")
    @classmethod
    def _has_no_password(cls, url: str) -> str:
        if PASSWORD.search(url):
            raise ValueError("it holds a password; accepted: a URL without it, and a reference in source.password")
        return url


class Athena(Settings):
    """A query of Amazon Athena, which respects the grants of Lake Formation."""

    kind: Literal["athena"]
    query: str
    database: str
    workgroup: str = "primary"
    catalog: str = "AwsDataCatalog"
    results: S3Uri | None = Field(None, description="below which Athena writes; by default the workgroup's place")


class Redshift(Settings):
    """A query of Amazon Redshift, by its Data API."""

    kind: Literal["redshift"]
    query: str
    database: str
    cluster: str | None = None
    workgroup: str | None = None
    secret_arn: str | None = None
    user: str | None = None

    @model_validator(mode="after")
    def _has_one_place(self) -> "Redshift":
        if bool(self.cluster) == bool(self.workgroup):
            raise ValueError("accepted: either cluster, or workgroup, which is serverless")
        return self


Source = Annotated[Files | Bucket | Database | Athena | Redshift, Field(discriminator="kind")]


class Config(Settings):
    """Everything of one environment.

    Attributes:
        role: what the jobs may do; an ARN.
        prefix: under which all objects of this project lie in the bucket.
        tags: of every job, model and endpoint, besides those of the pipeline's own.
    """

    environment: str
    project: str
    model: str
    owner: str = "unknown"
    region: str
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["my-bucket"])
    prefix: str = Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", examples=["my-project"])
    role: str = Field(
        pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$", examples=["arn:aws:iam::111122223333:role/sagemaker"]
    )
    kms_key: str | None = Field(None, description="of the jobs' disks, and of what they and the pipeline write to S3")
    network: Network | None = None
    tags: dict[str, str] = {}
    images: Images
    ceiling: Ceiling
    source: Source | None = Field(None, description="needed by a project that trains")
    artefact: str | None = Field(
        None,
        description="of a model that comes in place of the run's own",
        pattern=r"^(s3://[^/]+/.+\.tar\.gz|[^:]+)$",
        examples=["s3://my-bucket/model.tar.gz, or a path from the project's root: of a model.tar.gz or a folder"],
    )
    preprocess: Preprocess = Preprocess()
    training: Training = Training()
    tuning: Tuning = Tuning()
    evaluation: Job = Job()
    inference: Inference = Inference()
    deployment: Deployment = Deployment()
    registration: Registration = Registration()
    metrics: list[dict[str, Any]] = Field([], description="by default the model's metrics.json")
