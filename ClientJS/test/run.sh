#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Everything there is to check about the client: dist/ is fresh and small, the types hold, the tests pass, also
# as a package that applications install, against a server that is not ours and in real browsers. Installs what is missing (Debian's packages, and PyPI's
# into .venv). Needs Node 20 or later.
#
#   MARTLET_INTEROP_SERVER  the server's executable (.build/debug/interop-server)
#   MARTLET_PYTHON          a Python that has python-socketio and aiohttp, instead of .venv
#   MARTLET_CHROMIUM        the browser's command (chromium)
#   MARTLET_FIREFOX         the other browser's (firefox-esr)
#   MARTLET_TIME_FACTOR     scales the waits of the tests

set -euo pipefail
cd "$(dirname "$0")/.."

install() {
    if command -v "$1" >/dev/null; then
        return
    fi
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "installing $2"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}
install esbuild esbuild
install tsc node-typescript
install "${MARTLET_CHROMIUM:-chromium}" chromium
install "${MARTLET_FIREFOX:-firefox-esr}" firefox-esr

if [ -z "${MARTLET_PYTHON:-}" ]; then
    MARTLET_PYTHON="$PWD/.venv/bin/python"
    if ! "$MARTLET_PYTHON" -c "import socketio, aiohttp" 2>/dev/null; then
        echo "installing python-socketio and aiohttp into .venv"
        python3 -c "import ensurepip" 2>/dev/null || install python3-venv-is-missing python3-venv
        python3 -m venv .venv
        .venv/bin/pip install -q 'python-socketio==5.*' 'aiohttp==3.*'
    fi
fi
export MARTLET_PYTHON

# What later versions of Node have by themselves, or no longer call experimental.
flags=()
for flag in --experimental-websocket --experimental-eventsource; do
    if node "$flag" -e "" 2>/dev/null; then
        flags+=("$flag")
    fi
done

node build.mjs --check
node size.mjs
tsc -p .
echo "types are sound"
node "${flags[@]}" --test --test-reporter=spec test/*.test.js
node "${flags[@]}" test/browser/run.mjs
