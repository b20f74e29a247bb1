#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# A server with 10,000 clients ends by SIGTERM, and the next one takes its port: how soon all clients are back, and what
# that costs the servers. Takes half a minute, and is a measurement only while the machine does nothing else.
#
#   comeback.sh [--connections N]
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/Benchmarks
build=.build-release/bench
mkdir -p "$build"

interop_server=$(Tests/Support/release.sh interop-server)
gcc -O2 -Wall -Wextra -o "$build/wsload" "$here"/load/*.c "$here/common/handshake.c" -lz
exec python3 "$here/comeback.py" --interop-server "$interop_server" --wsload "$build/wsload" "$@"
