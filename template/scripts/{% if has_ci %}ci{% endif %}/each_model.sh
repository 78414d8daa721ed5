#!/usr/bin/env bash
# Run a command once for each model of the project, up to the first that fails: each_model.sh make test
set -euo pipefail
cd "$(dirname "$0")/../.."

for manifest in code/container/*/pyproject.toml; do
    MODEL=$(basename "$(dirname "$manifest")")
    export MODEL
    echo "$MODEL: $*" >&2
    "$@"
done
