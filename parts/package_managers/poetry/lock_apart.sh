lock=$model_folder/poetry.lock
export POETRY_VIRTUALENVS_IN_PROJECT=true

run_poetry() {
    "$(own_tool poetry==2.5.1 poetry-plugin-export==1.10.1 poetry-plugin-pypi-mirror==0.6.5)" "$@" --project "$model_folder"
}

# The index that pip uses, through the standard API: what stands between a company and PyPI often serves no other.
pip_index() {
    "$python" -m pip config get global.index-url 2>/dev/null ||
        "$python" -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)' 2>/dev/null
}
POETRY_PYPI_MIRROR_URL=${POETRY_PYPI_MIRROR_URL:-$(pip_index || true)}
export POETRY_PYPI_MIRROR_URL

make_lock() {
    run_poetry lock --quiet
}

lock_fits() {
    run_poetry check --lock --quiet 2>/dev/null
}

install_lock() {
    run_poetry install --quiet --compile --only main,fitting,dev
}

export_lock() {
    run_poetry export{{ " --with toolkit" if toolkits }}
}

export_fitting_lock() {
    run_poetry export --only fitting
}

export_development_lock() {
    run_poetry export --only dev
}
