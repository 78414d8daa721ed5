#!/usr/bin/env bash
# Run the pipeline's tests, all of them in its environment on this machine.
#   pipeline.sh [--image [IMAGE]] [ARGUMENT...]
#   --image   inside an image, but for those that need PostgreSQL or MariaDB
#   IMAGE     by default the one that scripts/docker/pipeline/build.sh makes, which is built first
#   ARGUMENT  for pytest
case " $* " in
*" --help "* | *" -h "*) sed -n '2,/^[^#]/s/^# //p' "$0" && exit ;;
esac
. "$(dirname "$0")/../pipeline_environment.sh"
pytest=(--confcutdir tests/pipeline --override-ini testpaths=tests/pipeline -p no:cacheprovider)

if [ "${1:-}" != --image ]; then
    use_pipeline_environment
    exec "$environment/bin/python" -m pytest "${pytest[@]}" "$@"
fi

shift
# shellcheck source=../docker/container/images.sh
IMAGES_OF=pipeline . scripts/docker/container/images.sh
# shellcheck source=../inside_image.sh
. scripts/inside_image.sh
need_docker
case ${1:-} in
"" | -*) image=$("$maker") ;;
*) image=$1 && shift ;;
esac
need_image "$image" "$maker makes the pipeline's"

use_pipeline_lock
mkdir -p build/pipeline
export_development_lock >build/pipeline/requirements-dev.txt
test_inside "$image" build/pipeline code/pipeline "${pytest[@]}" -m "not postgresql and not mysql" "$@"
