#!/usr/bin/env bash
# Build the images of MODEL, and print the name of each.
#   TARGET, IMAGE_TAG  see images.sh; the tag latest is set besides
#   BASE_IMAGE         what to build on; SERVE_BASE_IMAGE, where serving needs another
#   TORCH_INDEX_URL    which builds of PyTorch, where the model has an accelerator.txt
. "$(dirname "$0")/images.sh"
need_docker
dockerfile=code/container/$MODEL/Dockerfile # of a further model, whose framework may be another
[ -f "$dockerfile" ] || dockerfile=scripts/docker/container/Dockerfile
base=${BASE_IMAGE:-$(sed -n 's/^ARG BASE_IMAGE=//p' "$dockerfile")}
[ -n "$base" ] ||
    fail "$dockerfile names no base image, as no account of AWS is known for the project's region; set BASE_IMAGE"

# AWS gives its own images to every account, but only to one that has logged in.
log_in_for() {
    local registry=${1%%/*} region
    region=$(sed -nE 's/^[0-9]+\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/\1/p' <<<"$registry")
    if [ -z "$region" ] || docker image inspect "$1" >/dev/null 2>&1; then
        return
    fi
    command -v aws >/dev/null || fail "aws is not on PATH; install the AWS command line, which logs in to $registry"
    password=$(aws ecr get-login-password --region "$region") || fail "AWS gave no password for $registry; see above"
    docker login --username AWS --password-stdin "$registry" <<<"$password" >&2 || fail "$registry refused the login"
}
log_in_for "$base"
log_in_for "${SERVE_BASE_IMAGE:-$base}"

use_lock
mkdir -p "build/$MODEL"
export_lock >"build/$MODEL/requirements.txt"
if declare -F export_fitting_lock >/dev/null; then
    export_fitting_lock >"build/$MODEL/requirements-fitting.txt"
fi

build() {
    local target=$1 image=$2
    local arguments=(--target "$target" --build-arg "MODEL=$MODEL")
    if [ "$target" = serve ]; then
        arguments+=(--build-arg "BASE_IMAGE=${SERVE_BASE_IMAGE:-$base}")
        ! grep -q "^ARG LIBRARIES=" "$dockerfile" || arguments+=(--build-arg LIBRARIES=build)
    else
        arguments+=(--build-arg "BASE_IMAGE=$base")
    fi
    [ -z "${TORCH_INDEX_URL:-}" ] || arguments+=(--build-arg "TORCH_INDEX_URL=$TORCH_INDEX_URL")
    build_image "$dockerfile" "$image" "$tag" "${arguments[@]}"
}

tag=$(image_tag)
for target in "${targets[@]}"; do
    image=$(image_name "$target")
    build "$target" "$image"
    echo "$image:$tag"
done
