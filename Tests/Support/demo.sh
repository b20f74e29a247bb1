#!/usr/bin/env bash
# Builds the demo and serves it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# In the build folder of the package itself, so that what both need is compiled once.
swift build --package-path Demo --scratch-path .build --product demo
exec "$(swift build --package-path Demo --scratch-path .build --show-bin-path)/demo"
