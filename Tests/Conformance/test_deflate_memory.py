# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What compression costs the server: nothing for a connection that is idle, little for one that attacks."""

import asyncio
import signal
import zlib

import pytest

from harness.deflate_socket import DeflateSocket, Parameters
from harness.engine_session import ENGINE, SOCKET
from harness.timing import seconds
from harness.websocket_wire import BINARY, CONTINUATION

MIB = 1 << 20
CONNECTIONS = 1000


@pytest.fixture(scope="module")
def bomb():
    """1 GiB of zeros in about 1 MB, little enough to pass for an honest message until it is inflated."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    mebibyte = stream.compress(bytes(MIB)) + stream.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers back, so one MiB is enough to make them all.
    assert len(zlib.decompressobj(-15).decompress(mebibyte * 3)) == 3 * MIB
    bomb = mebibyte * 1024
    assert len(bomb) < 1_100_000
    return bomb


@pytest.mark.parametrize("target, limit", [
    (f"{SOCKET}?EIO=4&transport=websocket", 1_000_000), (f"{ENGINE}?EIO=4&transport=websocket", 1_000_000),
    ("/ws-echo", 32 * MIB),
], ids=["socket.io", "engine.io", "ws-echo"])
@pytest.mark.parametrize("frame_size", [2_000_000, 1_000], ids=["one frame", "fragments"])
async def test_a_bomb_is_closed_at_the_limit(abused_deflate, bomb, target, limit, frame_size):
    """CVE-2026-1526 (undici). A buffer may have doubled once past what is in it; the CPU time is that of inflating the
    limit, not 1 GiB."""
    before, cpu = abused_deflate.resident_bytes(), abused_deflate.cpu_seconds()
    abused_deflate.forget_most_resident_bytes()
    async with await DeflateSocket.open(abused_deflate, target) as socket:
        try:
            for start in range(0, len(bomb), frame_size):
                await socket.socket.send_frame(
                    BINARY if start == 0 else CONTINUATION, bomb[start:start + frame_size],
                    rsv=4 if start == 0 else 0, fin=start + frame_size >= len(bomb))
        except ConnectionError:
            pass  # it has closed before the end
        assert await socket.close_code() == 1009
    grown = abused_deflate.most_resident_bytes() - before
    assert grown < 2 * limit + 4 * MIB, f"{grown / MIB:.1f} MiB"
    assert abused_deflate.cpu_seconds() - cpu < seconds(1)


async def resident_bytes_per_idle_connection(server, offered):
    """Opens connections of which each has sent and received one message long enough to be compressed."""
    message = "the same again, " * 200

    async def used():
        socket = await DeflateSocket.open(server, "/ws-echo", offered)
        await socket.send(message)
        text, _, compressed = await socket.receive_payload()
        assert (text, compressed) == (message, offered is not None)
        return socket

    async def open_many(count):
        return [socket for _ in range(count // 50) for socket in await asyncio.gather(*(used() for _ in range(50)))]

    sockets = await open_many(100)  # so that what all connections share is there already
    before = server.resident_bytes()
    sockets += await open_many(CONNECTIONS)
    grown = server.resident_bytes() - before
    assert len(sockets) == CONNECTIONS + 100
    return grown / CONNECTIONS


async def test_an_idle_connection_costs_no_more_with_compression(servers):
    costs = {}
    for offered in (None, Parameters()):
        server = servers.start_own(["--permessage-deflate"])
        costs[offered] = await resident_bytes_per_idle_connection(server, offered)
        server.stop(by=signal.SIGKILL)  # or it would say goodbye to each
    plain, compressed = costs.values()
    assert compressed - plain <= 2048, f"{plain:.0f} bytes without, {compressed:.0f} with"
