# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Martlet's Swift client, in a process of its own: with a server that is not ours, with ours, and cancelled a lot."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest

from harness.timing import seconds, within

EXECUTABLE = Path(os.environ.get("MARTLET_INTEROP_SERVER", "")).with_name("interop-client")
FOREIGN_SERVER = Path(__file__).parents[2] / "ClientJS" / "test" / "foreign_server.py"


async def run(*arguments, limit=None):
    """Runs the client to its end, and gives what it says."""
    assert EXECUTABLE.is_file(), f"{EXECUTABLE} is missing: swift build --product interop-client"
    process = await asyncio.create_subprocess_exec(
        str(EXECUTABLE), *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT)
    try:
        output, _ = await within(process.communicate(), limit or seconds(30), "the end of the client")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode(errors="replace")
    return output.decode()


@contextlib.asynccontextmanager
async def python_socketio():
    """python-socketio on aiohttp, which ends with its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(FOREIGN_SERVER), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    try:
        port = await within(process.stdout.readline(), seconds(20), "the server's port")
        yield f"http://127.0.0.1:{int(port)}"
    finally:
        process.stdin.close()
        await process.wait()


@pytest.mark.parametrize("transports, reached", [
    ("websocket", "websocket"), ("polling", "polling"), ("polling,websocket", "polling"),
    ("websocket,polling", "websocket"), ("websocket,sse,polling", "websocket"),
])
async def test_python_socketio(transports, reached):
    """What comes first is the best. It knows no lossless sessions, and is asked for one."""
    async with python_socketio() as url:
        await run("foreign", url, "--transports", transports, "--reaching", reached)


async def test_python_socketio_upgrades_from_polling():
    async with python_socketio() as url:
        await run("foreign", url, "--transports", "websocket,polling", "--first", "polling", "--reaching", "websocket")


@pytest.mark.parametrize("transport", ["websocket", "sse", "polling"])
@pytest.mark.parametrize("session", ["--lossless", "--no-lossless"])
async def test_martlet(official, transport, session):
    await run("foreign", official.url, "--transports", transport, "--reaching", transport, session)


async def test_ten_thousand_clients_that_are_cancelled_leave_nothing(servers):
    server = servers.start_own([])
    try:
        print(await run("cycles", server.url, "--count", "10000", limit=seconds(120)))
    finally:
        assert server.stop() == 0
