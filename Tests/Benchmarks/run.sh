#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Measures Martlet beside other servers and beside what the machine allows, and prints one table, which it also leaves
# in .build-release/bench.md. Takes a quarter of an hour. Installs what it lacks.
#
#   run.sh [--only PATTERN] [--no-peers] [--rounds N] [--seconds S]
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Benchmarks
release=.build-release
build=$release/bench
venv=$build/venv
mkdir -p "$build"

as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

packages=(gcc binutils libc6-dev zlib1g-dev util-linux valgrind libc6-dbg python3 python3-venv node-ws libuv1)
missing=()
if command -v apt-get >/dev/null; then
    for package in "${packages[@]}"; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [[ "$status" == installed ]] || missing+=("$package")
    done
fi
if ((${#missing[@]})); then
    echo "installing ${missing[*]}"
    as_root apt-get update -qq
    # One by one: a peer that cannot be installed is left out of the table, and the rest goes on.
    for package in "${missing[@]}"; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" \
            >/dev/null || echo "$package could not be installed" >&2
    done
fi

stamp=$( (cat "$here/requirements.txt"; python3 --version) | sha256sum | cut -d ' ' -f 1)
if [[ $(cat "$venv/stamp" 2>/dev/null || true) != "$stamp" ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    installed=true
    while read -r requirement; do
        [[ -n $requirement && $requirement != \#* ]] || continue
        PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/pip" install --quiet "$requirement" || installed=false
    done <"$here/requirements.txt"
    ! $installed || echo "$stamp" >"$venv/stamp"
fi

interop_server=$(Tests/Support/release.sh interop-server)
micro_benchmarks=$(Tests/Support/release.sh micro-benchmarks)
gcc -O2 -Wall -Wextra -o "$build/wsload" "$here"/load/*.c "$here/common/handshake.c" -lz
gcc -O3 -march=native -Wall -Wextra -o "$build/limit" "$here/limit.c" "$here/common/handshake.c" -lz

python3 "$here/run.py" \
    --interop-server "$interop_server" --micro-benchmarks "$micro_benchmarks" \
    --python "$venv/bin/python" --build "$build" --output "$release/bench.md" "$@"
