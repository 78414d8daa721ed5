#!/usr/bin/env bash
# Run the pipeline, or the batches named: pipeline.sh [--backend process|docker|local-mode|sagemaker] [BATCH...]
# More options: pipeline.sh --help
. "$(dirname "$0")/../pipeline_environment.sh"

case " $* " in
*" --help "* | *" -h "* | *" --dry-run "*)
    use_registry
    ;;
*" --backend sagemaker "* | *" --backend=sagemaker "*)
    use_registry
    use_sample_model
    ;;
*" --backend docker "* | *" --backend=docker "* | *" --backend local-mode "* | *" --backend=local-mode "*)
    scripts/docker/container/build.sh >&2
    use_sample_model
    ;;
*)
    use_model_environment
    use_sample_model
    ;;
esac
use_pipeline_environment
exec "$environment/bin/python" -m batches "$@"
