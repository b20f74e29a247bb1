#!/usr/bin/env bash
# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

# Fails when a micro-benchmark, in a release build, allocates more often than allocations.json allows, and when clients
# that come and go leave memory behind.
#
#   gate.sh            check
#   gate.sh --update   write down the counts of now
set -euo pipefail
cd "$(dirname "$0")/../.."
limits=Tests/Benchmarks/allocations.json

# Allocations can be counted where the C library is glibc.
[[ $(uname -s) == Linux ]] || exit 0

program=$(Tests/Support/release.sh micro-benchmarks)
action=--check
[[ "${1:-}" != --update ]] || action=--update
# The same order in every dictionary, so that the counts can be repeated.
SWIFT_DETERMINISTIC_HASHING=1 "$program" $action "$limits"
"$program" --soak 20000
