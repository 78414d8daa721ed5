#!/usr/bin/env bash
# Run the project's tests inside an image, on the code and the libraries that it holds.
#   container.sh [IMAGE] [ARGUMENT...]
#   IMAGE     by default each that build.sh makes, one after the other, with the tag latest
#   ARGUMENT  for pytest
case " $* " in
*" --help "* | *" -h "*) sed -n '2,/^[^#]/s/^# //p' "$0" && exit ;;
esac
# shellcheck source-path=SCRIPTDIR/../docker/container
. "$(dirname "$0")/../docker/container/images.sh"

images=()
case ${1:-} in
"" | -*) for target in "${targets[@]}"; do images+=("$(image_name "$target"):latest"); done ;;
*) images=("$1") && shift ;;
esac

need_docker
for image in "${images[@]}"; do
    docker image inspect "$image" >/dev/null 2>&1 ||
        fail "there is no image $image on this machine; scripts/docker/container/build.sh makes the images of $MODEL"
done

[ -f "$lock" ] || make_lock
mkdir -p "build/$MODEL"
export_development_lock >"build/$MODEL/requirements-dev.txt"

# As whoever the image runs as, and without a network, which the tests do not need.
test_inside() (
    image=$1
    shift
    echo "Testing inside $image" >&2
    child=$(DOCKER_BUILDKIT=1 docker build --quiet --platform linux/amd64 --file scripts/test/Dockerfile \
        --build-arg "IMAGE=$image" --build-arg "MODEL=$MODEL" .) || exit
    trap 'docker rmi "$child" >/dev/null' EXIT
    docker run --rm --network none --user "$(docker image inspect --format '{{.Config.User}}' "$image")" "$child" \
        python -m pytest -p no:cacheprovider "$@"
)

trap 'exit 130' INT # or the next image would have its turn
status=0
for image in "${images[@]}"; do
    test_inside "$image" "$@" || status=$?
done
exit "$status"
