#!/usr/bin/env bash
# Builds the fuzzers (libFuzzer with AddressSanitizer) and runs them one after the other. Stops at the first finding.
#   run.sh [SECONDS] [FUZZER…]     how long each runs (60), and which (all in Targets)
# Inputs that reach new code are kept in .build-fuzz/corpus, where the next run goes on.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
fuzzers=("${@:2}")
[[ ${#fuzzers[@]} -gt 0 ]] || mapfile -t fuzzers < <(ls Tests/Fuzz/Targets)

# A package sees only what is within it; a link that is made here asks nothing of how the repository was checked out.
ln -sfn ../../Sources Tests/Fuzz/Martlet
# SwiftPM knows how to link what has no main function, but of two sanitizers only the last gets to the compiler.
# The toolchain's lld, because gold warns of every AddressSanitizer symbol.
build=(--package-path Tests/Fuzz --scratch-path .build-fuzz --configuration release --sanitize fuzzer
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld
    # One fuzzer sets up connections as only the server itself does otherwise.
    -Xswiftc -enable-testing)
swift build "${build[@]}"
binaries=$(swift build "${build[@]}" --show-bin-path)

# Swift's own report of a crash would run, and be sanitized, in the process that has crashed.
export SWIFT_BACKTRACE=enable=no
for fuzzer in "${fuzzers[@]}"; do
    echo "== $fuzzer: $seconds s"
    corpus=.build-fuzz/corpus/$fuzzer
    log=.build-fuzz/$fuzzer.log
    mkdir -p "$corpus"
    # Their servers live as long as the process.
    leaks=1
    case $fuzzer in ClusterMessages | HTTPConnections | RoomPrograms) leaks=0 ;; esac
    if ! ASAN_OPTIONS=detect_leaks=$leaks "$binaries/$fuzzer" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
        -rss_limit_mb=2048 -artifact_prefix=".build-fuzz/$fuzzer-" -print_final_stats=1 \
        "$corpus" "Tests/Fuzz/Seeds/$fuzzer" &>"$log"; then
        grep --text --max-count=1 --after-context=1000 -E 'Fatal error|ERROR: ' "$log" || tail -n 40 "$log"
        echo "to reproduce: $binaries/$fuzzer FILE, with the file that is named above" >&2
        exit 1
    fi
    grep --text -E 'DONE|stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$log"
done
