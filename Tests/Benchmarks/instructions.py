# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Instructions and allocations of each micro-benchmark, per iteration."""

import os
import re
import subprocess


def count_instructions(program, name, iterations):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(program), "--run", name, "--iterations", str(iterations)]
    # The same order in every dictionary, so that the counts can be repeated.
    environment = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    collected = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not collected:
        raise RuntimeError(f"{' '.join(command)}: {run.stderr}")
    return int(collected[1])


def lines(program, *arguments):
    run = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=True)
    return [line.split() for line in run.stdout.splitlines()]


def instruction_table(program, build):
    """A Markdown table. What starting and setting up cost is in both of two runs, and so in neither figure."""
    # Older valgrinds give up on Swift's debugging information.
    stripped = build / program.name
    subprocess.run(["strip", "-o", str(stripped), str(program)], check=True)
    allocations = dict(lines(program))
    rows = ["| micro-benchmark | instructions | allocations |", "| --- | ---: | ---: |"]
    for name, iterations in lines(program, "--list"):
        iterations = int(iterations)
        once = count_instructions(stripped, name, iterations)
        twice = count_instructions(stripped, name, 2 * iterations)
        rows.append(f"| {name} | {(twice - once) / iterations:,.0f} | {allocations[name]} |")
    return "\n".join(rows)
