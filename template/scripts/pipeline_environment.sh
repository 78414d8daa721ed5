# shellcheck shell=bash disable=SC2031 # what use_model_environment sets is not wanted outside it
# Sourced by what runs the pipeline, whose libraries lie beside it, apart from a model's.
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

use_model_environment() { # in a shell of its own, whose functions are still the model's
    # shellcheck source=environment.sh
    (. "$project/scripts/environment.sh" && use_environment)
}

use_sample_model() { # where the configuration has kept it, and it is not there yet
    local artefact=opt_ml/$MODEL/model
    if [ -x scripts/local_run/sample_model.sh ] && [ -z "$(ls -A "$artefact" 2>/dev/null)" ] &&
        grep -q '^artefact: opt_ml/' "$configs/base.yml"; then
        scripts/local_run/sample_model.sh >&2
    fi
}

use_registry() { # where push.sh has put the images
    [ -z "${ECR_REGISTRY:-}" ] || export REGISTRY=$ECR_REGISTRY/
}

use_pipeline_libraries() {
    model_folder=$project/code/pipeline
    environment=$model_folder/.venv
    # shellcheck source=pipeline_lock.sh
    . "$project/scripts/pipeline_lock.sh"
    lock_maker=scripts/lock_pipeline.sh
}

use_pipeline_lock() {
    use_pipeline_libraries
    MODEL="the pipeline" use_lock
}

use_pipeline_environment() {
    use_pipeline_libraries
    MODEL="the pipeline" use_environment
    export PYTHONPATH=$model_folder
}
