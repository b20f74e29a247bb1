#!/usr/bin/env bash
# Runs all of Autobahn's cases against a release build, and counts their verdicts.
set -euo pipefail
cd "$(dirname "$0")/../.."
MARTLET_INTEROP_SERVER=$(Tests/Support/release.sh interop-server)
export MARTLET_INTEROP_SERVER
exec Tests/Conformance/run.sh --full test_autobahn.py
