#!/usr/bin/env bash
# Run the pipeline, or the batches named: pipeline.sh [--backend process|docker|local-mode|sagemaker] [BATCH...]
# More options: pipeline.sh --help
. "$(dirname "$0")/../pipeline_environment.sh"

# What is wrong is said here, before anything is installed or built for jobs; nothing where none is to run.
(use_pipeline_environment)
backend=$(PYTHONPATH=code/pipeline code/pipeline/.venv/bin/python -m batches.needs "$@")
case $backend in
docker | local-mode)
    scripts/docker/container/build.sh >&2
    use_sample_model
    ;;
process)
    use_model_environment
    use_sample_model
    ;;
*)
    use_registry
    [ "$backend" != sagemaker ] || use_sample_model
    ;;
esac
use_pipeline_environment
exec "$environment/bin/python" -m batches "$@"
