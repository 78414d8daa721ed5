#!/usr/bin/env bash
# Check the style of the project's Python code, and that it is formatted.
. "$(dirname "$0")/../environment.sh"
use_environment
"$environment/bin/ruff" check .
"$environment/bin/ruff" format --check .
