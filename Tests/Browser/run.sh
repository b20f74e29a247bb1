#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
#
# Runs the browser tests; installs what they need once. Arguments go to pytest.
#
#   MARTLET_DEMO          the demo's executable             (.build/debug/demo)
#   MARTLET_INTEROP_SERVER  the executable that is restarted  (no default)
#   MARTLET_VENV          a Python environment to use       (Tests/Browser/.venv)
#   MARTLET_SCREENSHOTS   where pictures of the page go     (a temporary folder)
#   MARTLET_STORM_SEED    makes the storm that it made before (random)
#   MARTLET_TIME_FACTOR   by what all waits are multiplied  (1)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v chromium > /dev/null || ! command -v firefox-esr > /dev/null; then
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq
    # The fonts are for the pictures.
    $sudo apt-get install -y -qq --no-install-recommends chromium firefox-esr fonts-inter fonts-urw-base35 > /dev/null
fi

venv=${MARTLET_VENV:-$PWD/.venv}
if ! [ -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
fi
if ! "$venv/bin/pip" freeze 2> /dev/null | grep -qxF -f requirements.txt ||
    [ "$("$venv/bin/pip" freeze 2> /dev/null | grep -cxF -f requirements.txt)" != "$(wc -l < requirements.txt)" ]; then
    "$venv/bin/pip" install -q --disable-pip-version-check -r requirements.txt
fi

exec "$venv/bin/python" -m pytest -q -p no:cacheprovider "$@"
