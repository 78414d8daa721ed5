#!/usr/bin/env bash
# Bring the template's newest release into the project, and run its tests; arguments go to copier update, such as
# --data pattern=extend_aws_image. All happens in a copy of the last commit, so that an update that fails changes nothing.
# shellcheck disable=SC2154 # python is set in environment.sh
# shellcheck source=environment.sh
. "$(dirname "$0")/environment.sh"

# Run Copier; where it fails, say why in a line.
run_copier() {
    if ! "$copier" "$@" >"$work/log" 2>&1; then
        fail "the template at $source: $({ grep -o 'fatal: .*' "$work/log" || tail -n 1 "$work/log"; } | head -n 1)"
    fi
}

recorded() { # KEY ANSWERS_FILE
    sed -n "s/^$1: *//p" "$2" | tr -d "'\""
}

check_tree() {
    git rev-parse --verify --quiet HEAD >/dev/null 2>&1 || fail "the project is not under git; accepted: one that is committed"
    [ -z "$(git status --porcelain)" ] || fail "something is not committed (git status); accepted: a clean tree, to which git can go back"
    [ -f .copier-answers.yml ] || fail "there is no .copier-answers.yml; accepted: a project that the template has made"
}

is_behind() { # ANSWERS_FILE
    run_copier check-update --output-format json --answers-file "$1"
    grep -q '"update_available": *true' "$work/log"
}

any_is_behind() {
    local answers
    for answers in "${all_answers[@]}"; do
        ! is_behind "$answers" || return 0
    done
    return 1
}

# What the release in a project's answers makes of them, without anybody's edits. In a folder that is called as Copier calls
# those of its own comparison, the template asks of a further model no project that it joins.
render() { # PROJECT ANSWERS_FILE FOLDER
    mkdir -p "$3"
    run_copier copy --quiet --defaults --vcs-ref "$(recorded _commit "$1/$2")" --data-file "$1/$2" --answers-file "$2" "$source" "$3"
}

# Further models have the project's answers, but for their own.
shared_answers() { # ANSWERS_FILE
    local key
    while IFS=': ' read -r key _; do
        ! grep -q "^$key:" "$copy/$1" || echo "$key=$(recorded "$key" "$copy/.copier-answers.yml")"
    done < <(grep -vE '^(#|_|scope:|model_name:|framework:)' "$copy/.copier-answers.yml")
}

# The arguments without answers and release, of which a further model has the project's.
other_arguments() { # [ARGUMENT…]
    while [ $# -gt 0 ]; do
        case $1 in
        -d | --data | --data-file | -r | --vcs-ref) shift ;;
        -d* | --data=* | --data-file=* | -r* | --vcs-ref=* | -g | --prereleases) ;;
        *) echo "$1" ;;
        esac
        shift
    done
}

# The template's changelog between the two releases, without what is unreleased and the links at its end.
show_changes() {
    local old new url
    old=$(recorded _commit .copier-answers.yml)
    new=$(recorded _commit "$copy/.copier-answers.yml")
    [ "$old" != "$new" ] || return 0
    url=$(sed -E 's|^gh:/?(.*)|https://github.com/\1|; s|^gl:/?(.*)|https://gitlab.com/\1|; s|^git\+||' <<<"$source")
    git clone --quiet --no-checkout "$url" "$work/template"
    echo "From $old to $new"
    git -C "$work/template" show "$new:CHANGELOG.md" |
        sed -n '/^## \[[0-9]/,$p' | sed "/^## \[${old#v}]/,\$d; /^\[.*]: /d"
}

update() { # ANSWERS_FILE [ARGUMENT…]
    local answers=$1 before old=$work/copier._main.old/$1 new=$work/copier._main.new/$1
    git -C "$copy" checkout-index --all --prefix="$work/before/$1/"
    before=$work/before/$1/$(git rev-parse --show-prefix)
    render "$before" "$answers" "$old"
    run_copier update --defaults --answers-file "$answers" "${@:2}" "$copy"
    [ "$answers" != .copier-answers.yml ] || show_changes
    render "$copy" "$answers" "$new"
    "$python" "$work/copier._main.new/.copier-answers.yml/scripts/updating/settle.py" "$before" "$old" "$new" "$copy"
    git -C "$copy" add --all --force
    git -C "$copy" -c core.hooksPath=/dev/null -c user.name=update -c user.email=update@localhost \
        commit --quiet --allow-empty --no-gpg-sign --message "$answers"
}

update_model() { # ANSWERS_FILE [ARGUMENT…]
    local line arguments=(--vcs-ref "$(recorded _commit "$copy/.copier-answers.yml")")
    while IFS= read -r line; do
        arguments+=(--data "$line")
    done < <(shared_answers "$1")
    while IFS= read -r line; do
        arguments+=("$line")
    done < <(other_arguments "${@:2}")
    update "$1" "${arguments[@]}"
}

# Make of the project what the copy is.
take_over() {
    local updated path
    updated=$(git -C "$copy" rev-parse HEAD)
    while IFS= read -r -d '' path; do
        [ ! -e "$path" ] || fail "the new release brings $path, which is here but not in git; move it away, or commit it"
    done < <(git diff -z --relative --no-renames --name-only --diff-filter=A HEAD "$updated")
    git read-tree -m -u HEAD "$updated"
    git reset --quiet
}

# Locks belong to the pyproject.toml beside them; where there is none yet, the first use makes it.
lock_anew() { # of the package manager that the project had, by that of now
    local folder
    for folder in code/container/*/ code/pipeline/; do
        if [ ! -f "$folder$(basename "$lock")" ] || git diff --quiet HEAD -- "${folder}pyproject.toml"; then
            continue
        fi
        echo "Locking the libraries in $folder anew, because its pyproject.toml has changed" >&2
        if [ "$folder" = code/pipeline/ ]; then
            scripts/lock_pipeline.sh >/dev/null
        else
            MODEL=$(basename "$folder") scripts/lock.sh >/dev/null
        fi
    done
}

test_models() {
    local settings
    for settings in code/container/*/pyproject.toml; do
        MODEL=$(basename "$(dirname "$settings")") scripts/test/local.sh
    done
}

main() { # a function, which bash has read to its end before an update writes another one here
    check_tree
    copier=$(find_copier)
    all_answers=(.copier-answers.yml)
    local answers
    for answers in .copier-answers.*.yml; do
        [ "$answers" = .copier-answers.yml ] || [ ! -f "$answers" ] || all_answers+=("$answers")
    done
    source=$(recorded _src_path .copier-answers.yml)
    work=$(mktemp -d)
    trap 'git worktree remove --force "$work/tree" 2>/dev/null || true; rm -rf "$work"' EXIT
    if [ $# -eq 0 ] && ! any_is_behind; then
        echo "The project is up to date with its template"
        return
    fi
    git -c core.hooksPath=/dev/null worktree add --quiet --detach "$work/tree"
    copy=$work/tree/$(git rev-parse --show-prefix)
    update .copier-answers.yml "$@"
    for answers in "${all_answers[@]:1}"; do
        update_model "$answers" "$@"
    done
    take_over
    echo "The project is at release $(recorded _commit .copier-answers.yml); look at it with git status and git diff." >&2
    echo "All that git now shows came with the update; to undo it: git reset --hard && git clean -d --force" >&2
    scripts/test/half_merged.sh
    lock_anew
    test_models
}
main "$@"; exit
