# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What was found in servers of the same kind, and in what they are made of, each under its number. Others stand where
what they are about is tested: CVE-2016-10542, 2020-28481, 2020-36048, 2020-36049, 2022-2421, 2022-21676, 2022-41940,
2023-31125, 2023-32695, 2024-37890, 2025-61765, 2026-1526, 2026-28980, 2026-48779."""

import asyncio
import re

import pytest

from harness.deflate_socket import Deflater, DeflateSocket, Parameters, repeating
from harness.engine_session import ENGINE, SOCKET, PollingSession, WebSocketSession, open_session
from harness.http_client import request
from harness.socketio_session import SocketIOSession
from harness.timing import eventually, within
from harness.websocket_wire import TEXT, encode_frame

MIB = 1 << 20
PLACEHOLDER = '{"_placeholder":true,"num":0}'

pytestmark = pytest.mark.usefixtures("witness")


@pytest.mark.parametrize("claimed", ["11", "1000000", "2147483648", "9223372036854775808", "9" * 30, "9" * 100_000],
                         ids=lambda claimed: f"{claimed[:20]} of {len(claimed)} digits")
@pytest.mark.parametrize("hasJoined", [True, False], ids=["joined", "not joined"])
async def test_a_packet_cannot_announce_countless_attachments(abused, claimed, hasJoined):
    """CVE-2026-33151, CVE-2026-69185 (socket.io-parser), CVE-2026-48804 (python-socketio), GHSA-55mf-67qm-4wpg
    (socketioxide): a client that has not even joined made the server wait for any number of attachments."""
    abused.forget_most_resident_bytes()
    before = abused.resident_bytes()
    for _ in range(20):
        async with await SocketIOSession.open(abused, connect=hasJoined) as session:
            try:
                await session.send(f'5{claimed}-["message",{PLACEHOLDER}]')
                await session.engine.send(*[bytes(1000)] * 100)
            except ConnectionError:
                pass  # it has closed before the end
            await session.expect_closed()
    grown = abused.most_resident_bytes() - before
    assert grown < 8 * MIB, f"{grown / MIB:.1f} MiB"


@pytest.mark.parametrize("transport", ["polling", "sse"])
@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x01\xff4a", b"\x01\xff\xff\xff\xff", bytes(range(256)) * 1000],
                         ids=lambda body: f"{len(body)} bytes")
async def test_a_binary_post_is_refused(abused, transport, body):
    """CVE-2026-59725 (engine.io): a POST in the binary form of protocol 3 that is not a valid one ended the server."""
    async with await open_session(abused, transport) as session:
        response = await request(abused, "POST", session.target(), [("Content-Type", "application/octet-stream")], body)
        assert response.status == 400
    async with await open_session(abused, transport) as session:
        await session.expect_working()


def thread_count(server):
    with open(f"/proc/{server.pid}/status") as status:
        return int(re.search(r"^Threads:\s+(\d+)", status.read(), re.M)[1])


async def test_pongs_that_nobody_asked_for_cost_nothing(abused):
    """CVE-2026-48802 (python-engineio): each pong began a thread."""
    threads, before = thread_count(abused), abused.resident_bytes()
    abused.forget_most_resident_bytes()
    async with await WebSocketSession.open(abused, ENGINE) as session:
        for _ in range(100):
            await session.socket.send_bytes(encode_frame(TEXT, b"3") * 1000)
        await session.expect_working()
    session = await PollingSession.open(abused)
    for _ in range(10):
        assert (await session.post(b"3\x1e" * 9_000 + b"3")).status == 200
    await session.abandon()
    assert thread_count(abused) == threads
    grown = abused.most_resident_bytes() - before
    assert grown < 8 * MIB, f"{grown / MIB:.1f} MiB"


async def test_an_event_may_be_called_error(abused):
    """CVE-2024-38355 (socket.io): one that nobody listened to ended the process."""
    async with await SocketIOSession.open(abused) as session:
        await session.send('2["error",{"message":"x"}]')
        await session.expect_working()


@pytest.mark.parametrize("name", ["newListener", "removeListener"])
async def test_a_name_that_is_reserved_ends_the_connection_alone(abused, name):
    async with await SocketIOSession.open(abused) as session:
        await session.send(f'2["{name}",{{"message":"x"}}]')
        await session.expect_closed()


@pytest.mark.parametrize("bits", [8, 9, 12])
async def test_a_client_that_breaks_its_word_about_the_window_harms_itself(deflate_takeover, bits):
    """CVE-2026-29035 (CivetWeb): more came out than there was memory for."""
    offered = Parameters(client_bits=bits)
    for seed in range(10):
        async with await DeflateSocket.open(deflate_takeover, "/ws-echo", offered) as socket:
            # Refers back further than was agreed, as far as deflate can.
            message = repeating(100_000 + seed, 15).encode()
            payload = Deflater(15, no_takeover=False).deflate(message)
            await socket.socket.send_bytes(encode_frame(2, payload, rsv=4))
            assert await socket.close_code() == 1007
    deflate_takeover.assert_alive()


async def test_many_incomplete_messages_of_one_byte_fragments_cost_what_they_weigh(own_server):
    """The rest of CVE-2026-48779 (ws, issue 2331): just below the limit on fragments, each cost a hundred bytes."""
    fragments = encode_frame(TEXT, b"4", fin=False) + encode_frame(0, b"x", fin=False) * 4_000
    before = own_server.resident_bytes()
    own_server.forget_most_resident_bytes()
    sessions = [await WebSocketSession.open(own_server, SOCKET) for _ in range(100)]
    for session in sessions:
        await session.socket.send_bytes(fragments)
    # The server has read all of it once each of them has answered a ping.
    for session in sessions:
        await session.socket.send_bytes(encode_frame(9, b"?"))
        assert await within(session.socket.read_frame()) is not None
    grown = own_server.most_resident_bytes() - before
    assert grown < 16 * MIB, f"{grown / MIB:.1f} MiB"
    await asyncio.gather(*(session.abandon() for session in sessions))
    await eventually(lambda: own_server.stats()["sessions"] == 0, "the sessions are gone")
