#!/usr/bin/env bash
# A stand-in for python:3.11-slim or python:3.13-slim, where no image can be pulled: Debian's own Python of that version.
# It does not prove that the official image's Python, built from source under /usr/local, does the same.
#   python_slim.sh 3.11|3.13  imports the image python:VERSION-slim into the engine of DOCKER_HOST
set -euo pipefail

case ${1:-} in
3.11) suite=bookworm ;;
3.13) suite=trixie ;;
*) echo "the version is '${1:-}'; accepted: 3.11, 3.13" >&2 && exit 2 ;;
esac

root=$(mktemp --directory)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip,python3-venv "$suite" "$root" >&2

# The official image has the headers of its Python, and no compiler.
chroot "$root" sh -c "cd /tmp && apt-get update --quiet && apt-get download --quiet libpython$1-dev" >&2
dpkg-deb --fsys-tarfile "$root"/tmp/libpython*.deb | tar --extract --directory "$root" ./usr/include

ln -s /usr/bin/python3 "$root/usr/local/bin/python"
rm -f "$root"/usr/lib/python3*/EXTERNALLY-MANAGED # the official image takes packages for its Python
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/tmp/*

# What lets this machine reach the package index: its certificates, its index, and a folder of wheels.
variables=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
variables+=(PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt)
pip_setting() {
    python3 -m pip config get "global.$1" 2>/dev/null || python3 -m pip config get ":env:.$1" 2>/dev/null || true
}
if index=$(pip_setting index-url) && [ -n "$index" ]; then
    variables+=("PIP_INDEX_URL=$index")
fi
if wheels=$(pip_setting find-links) && [ -d "$wheels" ]; then
    cp --recursive "$wheels" "$root/opt/find-links"
    variables+=(PIP_FIND_LINKS=/opt/find-links)
fi

tar --create --directory "$root" . | docker import "${variables[@]/#/--change=ENV }" --change 'CMD ["python3"]' - "python:$1-slim"
