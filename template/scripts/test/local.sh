#!/usr/bin/env bash
# Run the project's tests with the environment of MODEL; arguments go to pytest.
. "$(dirname "$0")/../environment.sh"
use_environment
exec "$environment/bin/python" -m pytest "$@"
