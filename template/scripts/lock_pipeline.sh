#!/usr/bin/env bash
# Lock the libraries of the pipeline; commit the lock.
. "$(dirname "$0")/pipeline_environment.sh"
use_pipeline_libraries
make_lock
echo "$lock"
