"""The model that a batch works with: the configuration's `artefact`, or else the run's own."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from sagemaker_jobs import local_files
from sagemaker_jobs.dry_run import DryRun

from .context import Context


def of(context: Context) -> str:
    """Give the URI of its model.tar.gz; one that lies on this machine is uploaded into the run's folder.

    The run's own is the trained or the tuned one, whichever is newer.

    Raises:
        ConfigError: there is none, or it is no model artefact.
    """
    given = context.config.artefact
    if given:
        return given if given.startswith("s3://") else _uploaded(context, local_files.PROJECT / given)
    made = filter(None, map(context.run.step, ("tuning", "training")))  # of two of one second, the tuned one
    completed = [step for step in made if step.status == "Completed"] or [context.before("training")]
    return max(completed, key=lambda step: step.started).outputs["model"]


def _uploaded(context: Context, path: Path) -> str:
    """Upload a model.tar.gz, or a folder as one, unless the run has it already; in a dry run, as if it were there."""
    if isinstance(context.backend, DryRun):
        return context.run.uri("artefact", "model.tar.gz")
    with TemporaryDirectory() as folder:
        archive = path
        if path.is_dir():
            archive = Path(folder, "model.tar.gz")
            local_files.pack("artefact", path, archive)
        local_files.check_packed("artefact", archive)
        with archive.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        uri = context.run.uri("artefact", digest[:16], "model.tar.gz")
        if uri not in context.backend.stored.list(uri):
            context.backend.stored.upload(archive, uri)
    return uri
