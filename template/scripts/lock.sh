#!/usr/bin/env bash
# Lock the libraries of MODEL, for every Python that it allows; commit the lock.
. "$(dirname "$0")/environment.sh"
make_lock
echo "$lock"
