#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Has 10,000 Swift clients in one process echo, and prints what a message costs them and the server. Is a measurement only
# while the machine does nothing else.
#
#   clients.sh [interop-client's options: --connections N, --duration SECONDS, --transports …, --threads N]
set -euo pipefail
cd "$(dirname "$0")/../.."

interop_server=$(Tests/Support/release.sh interop-server)
interop_client=$(Tests/Support/release.sh interop-client)
exec 3< <(exec "$interop_server" --port 0 --threads 1)
server=$!
trap 'kill "$server"' EXIT
read -r -u 3 line
"$interop_client" crowd "${line##* }" --server-process "$server" --transports websocket "$@"
