#!/usr/bin/env bash
# Push the image of the pipeline to Amazon ECR; options and variables are those of ../container/push.sh.
IMAGES_OF=pipeline exec "$(dirname "$0")/../container/push.sh" "$@"
