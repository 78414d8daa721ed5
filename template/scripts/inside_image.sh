# shellcheck shell=bash
# Sourced by container.sh and pipeline.sh: the project's tests inside an image, on the code and the libraries it holds.

# need_image IMAGE MAKER: end with a word where it is not there.
need_image() {
    docker image inspect "$1" >/dev/null 2>&1 || fail "there is no image $1 on this machine; $2"
}

# test_inside IMAGE LIBRARIES CODE ARGUMENT...: run pytest as whoever the image runs as, and without a network, which
# the tests do not need. The folder LIBRARIES lists what only tests need; the folder CODE becomes the image's own code.
test_inside() (
    image=$1 libraries=$2 code=$3
    shift 3
    echo "Testing inside $image" >&2
    child=$(DOCKER_BUILDKIT=1 docker build --quiet --platform linux/amd64 --file scripts/test/Dockerfile \
        --build-arg "IMAGE=$image" --build-arg "LIBRARIES=$libraries" --build-arg "CODE=$code" .) || exit
    trap 'docker rmi "$child" >/dev/null' EXIT
    docker run --rm --network none --user "$(docker image inspect --format '{{.Config.User}}' "$image")" \
        --entrypoint python "$child" -m pytest -p no:cacheprovider "$@"
)
