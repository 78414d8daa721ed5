#!/usr/bin/env bash
# Build the images of MODEL, and print the name of each.
#   TARGET, IMAGE_TAG  see images.sh; the tag latest is set besides
#   BASE_IMAGE         what to build on; SERVE_BASE_IMAGE, where serving needs another
#   TORCH_INDEX_URL    which builds of PyTorch, where the model has an accelerator.txt
. "$(dirname "$0")/images.sh"
need_docker
[ -n "${BASE_IMAGE:-}" ] || grep -q '^ARG BASE_IMAGE=.' scripts/docker/container/Dockerfile ||
    fail "the Dockerfile names no base image, as no account of AWS is known for the project's region; set BASE_IMAGE"

if [ ! -f "$lock" ]; then
    echo "Locking the libraries of $MODEL" >&2
    make_lock
fi
mkdir -p "build/$MODEL"
export_lock >"build/$MODEL/requirements.txt"

# SageMaker takes amd64 only, and no image index, which attestations would make of it.
export DOCKER_BUILDKIT=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1
build() {
    local target=$1 image=$2
    local arguments=(--build-arg "MODEL=$MODEL" --build-arg "REVISION=${revision:-unknown}")
    local base=${BASE_IMAGE:-}
    if [ "$target" = serve ]; then
        base=${SERVE_BASE_IMAGE:-$base}
    fi
    [ -z "$base" ] || arguments+=(--build-arg "BASE_IMAGE=$base")
    [ -z "${TORCH_INDEX_URL:-}" ] || arguments+=(--build-arg "TORCH_INDEX_URL=$TORCH_INDEX_URL")
    docker build --platform linux/amd64 --file scripts/docker/container/Dockerfile --target "$target" \
        --tag "$image:$tag" --tag "$image:latest" "${arguments[@]}" . >&2
}

tag=$(image_tag)
for target in "${targets[@]}"; do
    image=$(image_name "$target")
    build "$target" "$image"
    echo "$image:$tag"
done
