lock=$model_folder/requirements.txt
serving_lock=$model_folder/requirements-serving.txt
development_lock=$model_folder/requirements-dev.txt

make_lock() ( # by uv, because pip locks only for the Python that runs it; without find-links, a folder of this machine
    unset UV_FIND_LINKS
    cd "$model_folder"
    compile_lock "$lock" --group fitting{{ " --group toolkit" if toolkits }}
    compile_lock "$serving_lock" --constraint "$lock"{{ " --group toolkit" if toolkits }}
    compile_lock "$development_lock" --group fitting --group dev --constraint "$lock"
)

least_python() {
    sed -n 's/^requires-python = ">=\([0-9.]*\).*/\1/p' "$model_folder/pyproject.toml"
}

compile_lock() {
    "$(find_uv)" pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
        --python "$python" --python-version "$(least_python)" pyproject.toml --output-file "$@"
}

lock_fits() { # requirements.txt does not say what it was made of
    true
}

install_lock() {
    "$environment/bin/python" -m pip install --quiet --require-hashes --requirement "$development_lock"
}

export_lock() {
    cat "$serving_lock"
}

export_fitting_lock() {
    held_by_the_second_alone "$serving_lock" "$lock"
}

export_development_lock() {
    held_by_the_second_alone "$lock" "$development_lock"
}

held_by_the_second_alone() {
    awk 'FNR == NR { held[$1]; next } /^[^ ]/ { wanted = !($1 in held) } wanted' "$1" "$2"
}
