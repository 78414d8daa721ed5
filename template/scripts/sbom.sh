#!/usr/bin/env bash
# Write the bill of materials of MODEL's locked libraries into build/sbom/MODEL.json, in CycloneDX.
# It needs no network once its tool is there.
. "$(dirname "$0")/environment.sh"
[ -f "$lock" ] || make_lock
cyclonedx=$(dirname "$(own_tool cyclonedx-bom==7.5.0)")/cyclonedx-py
mkdir -p build/sbom
wanted_requirements | PYTHONWARNINGS=ignore "$cyclonedx" requirements --pyproject "$model_folder/pyproject.toml" --output-reproducible \
    --output-file "build/sbom/$MODEL.json" -
echo "build/sbom/$MODEL.json"
