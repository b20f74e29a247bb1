# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Autobahn's cases over the plain WebSocket, run by kosoku.

Without `--full`: all of 1 to 7 and 10, the limits of 9 up to 1 MiB, and one case in seven of compression; with it,
all 517.
"""

import asyncio
import json
import sys
from pathlib import Path

from harness.timing import within

PLAIN = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
LIMITS_TRIMMED = ["9.1.1", "9.1.2", "9.1.3", "9.2.1", "9.2.2", "9.2.3", "9.3.1", "9.3.5", "9.4.1", "9.4.5",
                  "9.5.*", "9.6.*", "9.7.1", "9.7.4", "9.8.1", "9.8.4"]
COMPRESSION_TRIMMED = [*(f"12.{group}.{case}" for group in range(1, 6) for case in (1, 5, 11)),
                       *(f"13.{group}.{case}" for group in range(1, 8) for case in (2, 5))]


KOSOKU = Path(sys.executable).parent / "kosoku"
ACCEPTABLE = {"OK", "NON-STRICT", "INFORMATIONAL"}


async def failures(server, cases, reports):
    """Runs kosoku in a process of its own (its case files bring an `autobahn` module along that is not PyPI's)."""
    process = await asyncio.create_subprocess_exec(
        KOSOKU, *(part for case in cases for part in ("-i", case)), "-o", str(reports), server.ws_url + "/ws-echo",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    output, _ = await within(process.communicate(), 900, "the end of Autobahn's cases")
    index = reports / "index.json"
    assert index.is_file(), f"kosoku wrote no report:\n{output.decode()}"
    results = next(iter(json.loads(index.read_text()).values()))
    failed = [f"{case}: {result['behavior']}, close {result['behaviorClose']}" for case, result in results.items()
              if result["behavior"] not in ACCEPTABLE or result["behaviorClose"] not in ACCEPTABLE]
    assert failed or process.returncode == 0, output.decode()
    return len(results), failed


async def run(server, cases, reports, at_least):
    count, failed = await failures(server, cases, reports)
    assert not failed, "\n".join(failed)
    assert count >= at_least, f"only {count} cases were run"


async def test_framing_fragmentation_utf8_and_closing(autobahn, tmp_path):
    await run(autobahn, PLAIN, tmp_path, at_least=245)


async def test_limits(autobahn, request, tmp_path):
    full = request.config.getoption("--full")
    await run(autobahn, ["9.*"] if full else LIMITS_TRIMMED, tmp_path, at_least=54 if full else 26)


async def test_compression(autobahn_deflate, request, tmp_path):
    full = request.config.getoption("--full")
    await run(autobahn_deflate, ["12.*", "13.*"] if full else COMPRESSION_TRIMMED, tmp_path,
    at_least=216 if full else 29)


async def test_a_server_with_compression_still_serves_clients_without(autobahn_deflate, tmp_path):
    await run(autobahn_deflate, ["1.*", "2.*", "5.*"], tmp_path, at_least=40)


async def test_autobahn_at_many_connections_at_once(autobahn, tmp_path):
    results = await asyncio.gather(*(failures(autobahn, ["1.*", "2.*"], tmp_path / str(number)) for number in range(4)))
    assert [failed for _, failed in results] == [[], [], [], []]
