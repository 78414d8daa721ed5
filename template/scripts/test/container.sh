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
# shellcheck source=../inside_image.sh
. scripts/inside_image.sh

images=()
case ${1:-} in
"" | -*) for target in "${targets[@]}"; do images+=("$(image_name "$target"):latest"); done ;;
*) images=("$1") && shift ;;
esac

need_docker
for image in "${images[@]}"; do
    need_image "$image" "$maker makes the images of $MODEL"
done

use_lock
mkdir -p "build/$MODEL"
export_development_lock >"build/$MODEL/requirements-dev.txt"
if declare -F export_fitting_lock >/dev/null; then
    export_fitting_lock >"build/$MODEL/requirements-fitting.txt"
    [ ! -f "$model_folder/accelerator.txt" ] || cp "$model_folder/accelerator.txt" "build/$MODEL/"
fi

trap 'exit 130' INT # or the next image would have its turn
status=0
for image in "${images[@]}"; do
    test_inside "$image" "build/$MODEL" code/container "$@" || status=$?
done
exit "$status"
