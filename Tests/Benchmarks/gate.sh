#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Fails when a micro-benchmark, in a release build, allocates more often than allocations.json allows.
#
#   gate.sh            check
#   gate.sh --update   write down the counts of now
set -euo pipefail
cd "$(dirname "$0")/../.."
limits=Tests/Benchmarks/allocations.json
release=.build-release

# Allocations can be counted where the C library is glibc.
[[ $(uname -s) == Linux ]] || exit 0

swift build -c release --scratch-path "$release" --product micro-benchmarks
action=--check
[[ "${1:-}" != --update ]] || action=--update
# The same order in every dictionary, so that the counts can be repeated.
SWIFT_DETERMINISTIC_HASHING=1 "$release/release/micro-benchmarks" $action "$limits"
