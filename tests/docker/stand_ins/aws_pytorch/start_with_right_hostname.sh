#!/usr/bin/env bash
# What AWS's script does: `train` runs with a gethostname that gives the name in resourceconfig.json, all else as it is.
if [ "$1" = train ]; then
    host=$(jq .current_host /opt/ml/input/config/resourceconfig.json)
    sed --in-place "s/HOST_NAME/$host/" /changehostname.c
    gcc -shared -fPIC -o /libchangehostname.so /changehostname.c
    LD_PRELOAD=/libchangehostname.so train
else
    eval "$*"
fi
