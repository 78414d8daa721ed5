lock=$model_folder/uv.lock

run_uv() {
    "$(find_uv)" "$@"
}

make_lock() ( # without find-links: a lock must not name a folder of this machine
    unset UV_FIND_LINKS
    run_uv lock --quiet --project "$model_folder" --python "$python"
)

lock_fits() { # by the indexes that it names, for those of this machine may be others
    UV_INDEX=$(sed -n 's/.*registry = "\([^"]*\)".*/\1/p' "$lock" | sort -u | xargs) \
        run_uv lock --check --quiet --project "$model_folder" --python "$python" 2>/dev/null
}

install_lock() {
    run_uv sync --quiet --frozen --inexact --compile-bytecode --group fitting \
        --project "$model_folder" --python "$environment/bin/python"
}

export_lock() {
    run_uv export --quiet --frozen --all-groups --no-group dev --no-group fitting \
        --no-header --no-annotate --project "$model_folder"
}

export_fitting_lock() {
    run_uv export --quiet --frozen --only-group fitting --no-header --no-annotate --project "$model_folder"
}

export_development_lock() {
    run_uv export --quiet --frozen --only-group dev --no-header --no-annotate --project "$model_folder"
}
