#!/usr/bin/env bash
# Runs all checks of Martlet, or some of them, and prints how long each took. Stops at the first failure.
#
#   test.sh [PART…]   format package swift api allocations client conformance browser; all of them by default
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

parts=("$@")
((${#parts[@]})) || parts=(format package swift api allocations client conformance browser)

step() {
    local name=$1 begin=$SECONDS
    shift
    echo "== $name"
    "$@"
    echo "== $name: $((SECONDS - begin)) s"
}

format() {
    swift format lint --strict --recursive Package.swift Sources Tests Demo/Package.swift Demo/Sources Demo/Tests
    python3 Tests/Support/samples.py
    python3 Tests/Support/references.py
}

swift_tests() {
    step "build" swift build --build-tests
    # Some use all cores for a while, others start servers of Redis and NATS. Tests over sockets would mistake that for a
    # dead network, so these run by themselves.
    local simulated='LosslessSimulationTests|ClientSimulationTests|StormTests'
    local servers='MartletRedisTests|MartletNATSTests|Handover|Forwarding'
    local clients='MartletClientTests|MartletClientEngineTests'
    step "unit and behaviour tests" swift test --skip-build --parallel --skip "$simulated|$servers|$clients"
    step "clients" swift test --skip-build --parallel --filter "$clients" --skip "$simulated"
    step "several servers, and brokers" swift test --skip-build --parallel --filter "$servers"
    step "lossless sessions, simulated" swift test --skip-build --parallel --filter "$simulated"
}

build_server() {
    step "build the server" swift build --disable-build-manifest-caching --product interop-server
    step "build the client" swift build --disable-build-manifest-caching --product interop-client
    MARTLET_INTEROP_SERVER="$(swift build --show-bin-path)/interop-server"
    export MARTLET_INTEROP_SERVER
}

build_tool() {
    step "build the tool" swift build --disable-build-manifest-caching --product martlet
    MARTLET_TOOL="$(swift build --show-bin-path)/martlet"
    export MARTLET_TOOL
}

client() {
    build_server
    ClientJS/test/run.sh
}

conformance() {
    build_server
    build_tool
    Tests/Conformance/run.sh
}

browser() {
    # Uses the package's own build folder, where shared dependencies are compiled already. Without the caching, SwiftPM
    # may take the plan that it finds there for the demo's, and then knows no such target.
    local demo=(--package-path Demo --scratch-path "$root/.build" --disable-build-manifest-caching)
    step "build the demo" swift build "${demo[@]}" --product demo
    local product
    for product in websocketd sample-chat sample-dashboard sample-game sample-notes-server sample-notes; do
        step "build $product" swift build "${demo[@]}" --product "$product"
    done
    step "the demo's parts" swift test "${demo[@]}"
    MARTLET_DEMO="$(swift build "${demo[@]}" --show-bin-path)/demo"
    export MARTLET_DEMO
    build_server
    Tests/Browser/run.sh
}

run() {
    case $1 in
        format) format ;;
        package) Tests/Support/newcomer.sh ;;
        swift) swift_tests ;;
        api)
            Tests/Support/api.sh
            Tests/Support/docs.sh
            ;;
        allocations) Tests/Benchmarks/gate.sh ;;
        client) client ;;
        conformance) conformance ;;
        browser) browser ;;
        *) echo "test.sh: there is no part '$1'" >&2; exit 64 ;;
    esac
}

Tests/Support/setup.sh test
passed=()
for part in "${parts[@]}"; do
    begin=$SECONDS
    step "$part" run "$part"
    passed+=("$part: passed in $((SECONDS - begin)) s")
done
printf '%s\n' "${passed[@]}"
echo "all passed in $SECONDS s"
