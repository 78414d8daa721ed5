#!/usr/bin/env bash
# Judge any image by SageMaker's contract, item by item; see conformance/README.md, or contract.sh --help.
CALLED_FROM=$PWD
. "$(dirname "$0")/../environment.sh"
export CALLED_FROM PYTHONPATH=$project/scripts/test
command -v docker >/dev/null || fail "docker is not on PATH; install Docker, or another engine with its command line"
exec "$python" -m conformance "$@"
