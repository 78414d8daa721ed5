#!/usr/bin/env bash
# Build the image of the pipeline, and print its name.
#   IMAGE_TAG   by default the commit, with -dirty where files differ from it; the tag latest is set besides
#   BASE_IMAGE  what to build on
. "$(dirname "$0")/../../pipeline_environment.sh"
# shellcheck source=../container/images.sh
IMAGES_OF=pipeline . scripts/docker/container/images.sh
need_docker

use_pipeline_lock
mkdir -p build/pipeline
export_lock >build/pipeline/requirements.txt

base=${BASE_IMAGE:-$(sed -n 's/^ARG BASE_IMAGE=//p' scripts/docker/pipeline/Dockerfile)}
image=$(image_name pipeline)
tag=$(image_tag)
build_image scripts/docker/pipeline/Dockerfile "$image" "$tag" --build-arg "BASE_IMAGE=$base"
echo "$image:$tag"
