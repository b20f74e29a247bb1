#!/usr/bin/env bash
# Runs all of Autobahn's cases against a release build, and prints how many got which verdict.
set -euo pipefail
cd "$(dirname "$0")/../.."
release=(-c release --scratch-path .build-release)
swift build "${release[@]}" --product interop-server
MARTLET_INTEROP_SERVER="$(swift build "${release[@]}" --show-bin-path)/interop-server"
export MARTLET_INTEROP_SERVER
exec Tests/Conformance/run.sh --full test_autobahn.py
