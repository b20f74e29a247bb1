#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# 61,189 connections on a cluster of four servers: held for a minute, heard, and reached by broadcasts. Prints what that
# took. Takes two minutes, and is a measurement only while the machine does nothing else.
#
#   crowd.sh [--connections N] [--hold SECONDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Benchmarks
build=.build-release/bench
mkdir -p "$build"

Tests/Support/setup.sh test
interop_server=$(Tests/Support/release.sh interop-server)
gcc -O2 -Wall -Wextra -o "$build/wsload" "$here"/load/*.c "$here/common/handshake.c" -lz
exec python3 "$here/crowd.py" \
    --interop-server "$interop_server" --wsload "$build/wsload" --redis "$(command -v redis-server)" "$@"
