#!/usr/bin/env bash
# Look up the locked libraries of MODEL in the OSV database of vulnerabilities; ends with 1 where it knows one.
#   OSV_URL  another address that answers as the default, https://api.osv.dev/v1/query, does
. "$(dirname "$0")/environment.sh"
OSV_URL=${OSV_URL:-https://api.osv.dev/v1/query}
[ -f "$lock" ] || make_lock
audit=$(own_tool pip-audit==2.10.1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wanted_requirements | sed '/^ *--hash/d; s/ *\\$//' >"$work/requirements.txt"
status=0
"$audit" --requirement "$work/requirements.txt" --no-deps --disable-pip --progress-spinner off \
    --vulnerability-service osv --osv-url "$OSV_URL" 2>"$work/log" || status=$?
if ! grep -E '^(Found|No known) ' "$work/log" >&2; then
    cause=$(tail -n 1 "$work/log" | cut -c 1-200)
    fail "nothing was audited: $cause; accepted in OSV_URL: an address that answers as OSV's API"
fi
exit "$status"
