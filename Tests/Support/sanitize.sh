#!/usr/bin/env bash
# Runs the Swift tests under AddressSanitizer, then under ThreadSanitizer.
#   sanitize.sh [address|thread]     runs one of the two
# MARTLET_TIME_FACTOR scales the tests' deadlines: sanitized code needs some five times as long.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MARTLET_TIME_FACTOR=${MARTLET_TIME_FACTOR:-5}
# A tenth of the simulated sessions: an error that a sanitizer finds shows in any of them.
export MARTLET_SOAK_SEEDS=${MARTLET_SOAK_SEEDS:-100}
# LeakSanitizer cannot read all of Swift's references (an object stores the address of its side table shifted), and so
# reports live objects as leaks.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS=suppressions=$PWD/Tests/Support/tsan-suppressions.txt

run() {
    local sanitizer=$1 folder=$2
    echo "== $sanitizer sanitizer"
    swift build --build-tests --sanitize="$sanitizer" --scratch-path "$folder"
    # One test at a time: in parallel, tests that wait for a session's end would wait for the processor.
    swift test --skip-build --no-parallel --disable-xctest --sanitize="$sanitizer" --scratch-path "$folder"
}

case ${1:-all} in
address) run address .build-asan ;;
thread) run thread .build-tsan ;;
all)
    run address .build-asan
    run thread .build-tsan
    ;;
*)
    echo "sanitize.sh [address|thread]" >&2
    exit 1
    ;;
esac
echo "nothing found"
