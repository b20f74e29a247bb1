# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Autobahn's cases on the plain WebSocket of a server that compresses.

Without `--full`: all of 1 to 7 and 10, the limits of 9 up to 1 MiB, and one case in seven of compression; with it,
all 517.
"""

import asyncio

import pytest

from harness.autobahn import CASES, RUNS, chosen, run_cases

PLAIN = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
LIMITS = ["9.*"]
LIMITS_TRIMMED = ["9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "9.3.1", "9.3.5", "9.4.1", "9.4.5",
                  "9.5.*", "9.6.*", "9.7.1", "9.7.4", "9.8.1", "9.8.4"]
COMPRESSION = ["12.*", "13.*"]
COMPRESSION_TRIMMED = [*(f"12.{group}.{case}" for group in range(1, 6) for case in (1, 5, 11)),
                       *(f"13.{group}.{case}" for group in range(1, 8) for case in (2, 5))]


@pytest.fixture
def conformant(request, tmp_path):
    """Runs cases, has them counted in the table at the end, and fails on a verdict that is not accepted."""
    async def conformant(server, title, patterns):
        run = await run_cases(server, title, patterns, tmp_path)
        request.config.stash[RUNS].append(run)
        run.assert_conformant(patterns)
    return conformant


@pytest.fixture
def full(request):
    return request.config.getoption("--full")


def test_the_numbering_is_the_official_one():
    assert len(CASES) == 517
    assert chosen([*PLAIN, *LIMITS, *COMPRESSION]) == set(CASES)


async def test_framing_fragmentation_utf8_and_closing(autobahn_deflate, conformant):
    await conformant(autobahn_deflate, "1-7, 10", PLAIN)


async def test_limits(autobahn_deflate, conformant, full):
    await conformant(autobahn_deflate, "9", LIMITS if full else LIMITS_TRIMMED)


async def test_compression(autobahn_deflate, conformant, full):
    await conformant(autobahn_deflate, "12, 13", COMPRESSION if full else COMPRESSION_TRIMMED)


async def test_compression_that_keeps_its_context(autobahn_takeover, conformant):
    await conformant(autobahn_takeover, "12, 13 with context takeover", COMPRESSION_TRIMMED)


async def test_many_connections_at_once_to_a_server_without_compression(autobahn, tmp_path):
    patterns = ["1.*", "2.*"]
    runs = await asyncio.gather(*(run_cases(autobahn, "", patterns, tmp_path / str(number)) for number in range(4)))
    for run in runs:
        run.assert_conformant(patterns)
