#!/usr/bin/env bash
# Where the template has a release that no branch has yet: make update, and commit what it did to a branch of its own.
. "$(dirname "$0")/../environment.sh"

copier=$(find_copier)
answer=$("$copier" check-update --output-format json)
release=$("$python" -c 'import json, sys; news = json.loads(sys.argv[1])
print(news["latest_version"] if news["update_available"] else "")' "$answer")
if [ -z "$release" ]; then
    echo "The project is up to date with its template"
    exit
fi
branch=template-update/$release
if git rev-parse --verify --quiet "refs/remotes/origin/$branch" >/dev/null; then
    echo "Release $release has its branch already, $branch"
    exit
fi

git switch --quiet --create "$branch"
found="make update found no conflict, and the tests pass."
make update || found="make update ended with an error: see the log of this job for conflicts, or tests that fail."
[ -n "$(git status --porcelain)" ] || fail "make update has changed nothing; see above"
git add --all
git commit --quiet --message "Update from the template, release $release" --message "$found"
