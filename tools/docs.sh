#!/usr/bin/env bash
# Build the documentation's site into site/, a folder for each language; a broken link or a page in no menu fails.
#   docs.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
site=$(realpath -m "${1:-site}")
mkdir -p "$site"
export NO_MKDOCS_2_WARNING=1 PATH=$PWD/.venv/bin:$PATH
for language in en ja; do
    mkdocs build --strict --config-file "docs/site/$language.yml" --site-dir "$site/$language"
done
cp docs/site/index.html "$site"
echo "$site/index.html"
