#!/usr/bin/env bash
# Builds the demo and serves it.
set -euo pipefail
cd "$(dirname "$0")/../.."
swift build --package-path Demo --product demo
exec "$(swift build --package-path Demo --show-bin-path)/demo"
