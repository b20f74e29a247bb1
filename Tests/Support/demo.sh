#!/usr/bin/env bash
# Builds the demo and serves it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Uses the package's own build folder, so that shared dependencies are compiled once.
# The build folder is that of the package: see the browser part of test.sh.
swift build --package-path Demo --scratch-path .build --disable-build-manifest-caching --product demo
exec "$(swift build --package-path Demo --scratch-path .build --show-bin-path)/demo"
