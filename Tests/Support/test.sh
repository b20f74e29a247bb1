#!/usr/bin/env bash
# Runs everything that proves Martlet, each step with its time. Stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

step() {
    local name=$1 begin=$SECONDS
    shift
    echo "== $name"
    "$@"
    echo "== $name: $((SECONDS - begin)) s"
}

step "set up" Tests/Support/setup.sh test
step "format" swift format lint --strict --recursive Package.swift Sources Tests Demo/Package.swift Demo/Sources Demo/Tests
step "build" swift build --build-tests
# The simulation takes all cores for a while, which those that speak over sockets would take for a dead network.
step "unit and behaviour tests" swift test --skip-build --parallel --skip LosslessSimulationTests
step "lossless sessions, simulated" swift test --skip-build --parallel --filter LosslessSimulationTests
step "allocations" Tests/Benchmarks/gate.sh
step "client" ClientJS/test/run.sh
MARTLET_INTEROP_SERVER="$(swift build --show-bin-path)/interop-server"
export MARTLET_INTEROP_SERVER
step "conformance and foreign clients" Tests/Conformance/run.sh
# In the build folder of the package itself: what both need is compiled already.
demo=(--package-path Demo --scratch-path "$root/.build")
step "build the demo" swift build "${demo[@]}" --product demo
step "the demo's parts" swift test "${demo[@]}"
MARTLET_DEMO="$(swift build "${demo[@]}" --show-bin-path)/demo"
export MARTLET_DEMO
step "browser" Tests/Browser/run.sh
echo "all passed in $SECONDS s"
