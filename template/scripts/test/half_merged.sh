#!/usr/bin/env bash
# Refuse what an update or a merge has left to be decided: conflict markers, and .rej files of changes that did not fit.
set -euo pipefail
cd "$(dirname "$0")/../.."

status=0
if git grep --untracked -nIE '^(<<<<<<<|>>>>>>>) '; then
    echo "these lines are of a conflict; keep what is right of the two sides, and delete the markers" >&2
    status=1
fi
rejected=$(git ls-files --cached --others -- '*.rej')
if [ -n "$rejected" ]; then
    printf '%s\n' "$rejected"
    echo "these files hold changes that did not fit; make them by hand, and delete the files" >&2
    status=1
fi
exit "$status"
