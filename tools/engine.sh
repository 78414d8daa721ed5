#!/usr/bin/env bash
# Start a Docker engine for the tests, on Debian and as root: its packages and those of the databases that the tests
# start themselves, then dockerd with a folder of its own.
#   eval "$(tools/engine.sh [FOLDER])"  sets the variables by which the tests reach it
set -euo pipefail
folder=${1:-/var/lib/sm-template-engine}
socket=unix://$folder/docker.sock

packages=(docker.io debootstrap docker-compose docker-registry python3-venv)
packages+=(postgresql mariadb-server-core mariadb-client-core)
if ! dpkg --status "${packages[@]}" >/dev/null 2>&1; then
    apt-get update --quiet >&2
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${packages[@]}" >&2
fi

# Debian's own client, which builds with BuildKit; a newer one that is first on PATH may come without its buildx.
mkdir -p "$folder/bin"
ln -sf /usr/bin/docker "$folder/bin/docker"

answers() {
    /usr/bin/docker --host "$socket" info >/dev/null 2>&1
}
if ! answers; then
    rm -f "$folder/pid"
    setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --host "$socket" --pidfile "$folder/pid" \
        >"$folder/log" 2>&1 </dev/null &
    for _ in $(seq 60); do
        answers && break
        sleep 1
    done
    answers || { echo "dockerd does not answer; its log is $folder/log" >&2 && exit 1; }
fi
echo "export DOCKER_HOST=$socket PATH=$folder/bin:\$PATH"
