# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The upgrade by probe: what may go wrong at each step, and that nothing is lost or changes place in it."""

import asyncio
import base64
import os

import pytest

from harness.engine_session import PollingSession, SessionEnded, WebSocketSession, open_session, probe, upgrade
from harness.http_client import HTTPConnection, assert_bad_request, request
from harness.options import UPGRADE_TIMEOUT
from harness.socketio_session import SocketIOSession
from harness.timing import DEADLINE, within
from harness.websocket_wire import TEXT, HandshakeRefused, RawWebSocket, encode_frame

HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse"])


def websocket_target(session):
    return session.target().replace(f"transport={session.transport}", "transport=websocket")


async def expect_working_amid_noops(session, text="4still here"):
    """While a probe stands, polls are released with `6`."""
    await session.send(text)
    while (packet := await session.receive()) == "6":
        pass
    assert packet == text


async def test_the_waiting_poll_is_released_with_a_noop(plain):
    session = await PollingSession.open(plain)
    async with await session.start_get() as waiting:
        await session.expect_quiet_on(waiting)
        async with await probe(session):
            response = await within(waiting.read_response(), what="the release of the waiting poll")
            assert (response.status, response.body) == (200, b"6")
            # Every further poll is released, too, while the probe stands.
            for _ in range(3):
                assert (await within(session.get(), what="the release of a later poll")).body == b"6"


@HTTP_TRANSPORTS
async def test_before_the_upgrade_packet_messages_still_go_the_old_way(plain, transport):
    async with await open_session(plain, transport) as session:
        async with await probe(session) as socket:
            await expect_working_amid_noops(session, "4one")
            await expect_working_amid_noops(session, "4two")
            await socket.send("5")
            await socket.send("4three")
            assert await socket.next() == "4three"


async def test_what_waits_for_a_poll_goes_out_on_the_websocket(plain):
    session = await PollingSession.open(plain)
    async with await probe(session) as socket:
        # Echoed into the buffer: nobody polls between here and the upgrade.
        await session.send("4a", b"\x01\x02", "4c")
        await socket.send("5")
        assert [await socket.next() for _ in range(3)] == ["4a", b"\x01\x02", "4c"]
        await socket.send("4d")
        assert await socket.next() == "4d"


@HTTP_TRANSPORTS
async def test_the_stream_of_events_survives_the_upgrade_in_order(plain, transport):
    session = await SocketIOSession.open(plain, transport)
    for number in range(50):
        await session.send(f'2["message",{number}]')
    engine = session.engine
    socket = await probe(engine)
    received = []
    if transport == "polling":
        while (packet := await engine.receive()) != "6":
            received.append(packet)
    await socket.send("5")
    for number in range(50, 100):
        await socket.send(f'42["message",{number}]')
    if transport == "sse":
        while (packet := await next_or_none(engine)) is not None:
            received.append(packet)
    while len([packet for packet in received if packet != "6"]) < 100:
        received.append(await socket.next())
    assert [packet for packet in received if packet != "6"] == [f'42["message-back",{n}]' for n in range(100)]
    socket.connection.close()


async def next_or_none(engine):
    try:
        return await engine.receive()
    except SessionEnded:
        return None


@HTTP_TRANSPORTS
async def test_the_old_transport_ends_with_the_upgrade(plain, transport):
    session = await open_session(plain, transport)
    async with await upgrade(session) as upgraded:
        await upgraded.expect_working()
        if transport == "sse":
            packets = []
            while (packet := await next_or_none(session)) is not None:
                packets.append(packet)
            assert set(packets) <= {"6"}, "the stream ends without `1`: the session lives on"
        assert_bad_request(await session.get())
        await upgraded.expect_working()


@HTTP_TRANSPORTS
@pytest.mark.parametrize("packet", ["2", "2prob", "2probe ", "3probe", "4hello", "5", "1", "abc", "", b"\x02probe"])
async def test_anything_but_a_probe_closes_only_that_socket(plain, transport, packet):
    async with await open_session(plain, transport) as session:
        async with await RawWebSocket.open(plain, websocket_target(session)) as socket:
            await socket.send(packet)
            await socket.wait_closed()
        await expect_working_amid_noops(session)


@HTTP_TRANSPORTS
@pytest.mark.parametrize("packet", ["4early", "2", "3", "abc", b"early"])
async def test_anything_but_the_upgrade_packet_after_the_probe_closes_only_that_socket(plain, transport, packet):
    async with await open_session(plain, transport) as session:
        async with await probe(session) as socket:
            await socket.send(packet)
            await socket.wait_closed()
        await expect_working_amid_noops(session)


@HTTP_TRANSPORTS
@pytest.mark.parametrize("ending", ["close frame", "FIN", "RST"])
async def test_a_probe_that_goes_away_leaves_the_session_and_it_can_be_upgraded_again(plain, transport, ending):
    session = await open_session(plain, transport)
    socket = await probe(session)
    if ending == "close frame":
        await socket.close()
    elif ending == "FIN":
        socket.connection.close()
    else:
        socket.connection.reset()
    await expect_working_amid_noops(session)
    async with await upgrade_when_the_probe_is_forgotten(session) as upgraded:
        await upgraded.expect_working()


async def upgrade_when_the_probe_is_forgotten(session):
    """A second probe is refused until the server has noticed the end of the first."""
    end = asyncio.get_running_loop().time() + DEADLINE
    while True:
        try:
            return await upgrade(session)
        except (AssertionError, ConnectionError, HandshakeRefused):
            if asyncio.get_running_loop().time() > end:
                raise
            await asyncio.sleep(0.02)


@HTTP_TRANSPORTS
@pytest.mark.parametrize("probed", [False, True])
async def test_the_upgrade_timeout_closes_only_the_probing_socket(quick_upgrade, transport, probed):
    loop = asyncio.get_running_loop()
    async with await open_session(quick_upgrade, transport) as session:
        begun = loop.time()
        if probed:
            socket = await probe(session)
        else:
            socket = await RawWebSocket.open(quick_upgrade, websocket_target(session))
        async with socket:
            await socket.wait_closed()
        assert loop.time() - begun >= UPGRADE_TIMEOUT * 0.95 / 1000
        await expect_working_amid_noops(session)
        async with await upgrade(session) as upgraded:
            await upgraded.expect_working()


@HTTP_TRANSPORTS
async def test_a_second_upgrade_while_upgrading_is_closed_and_the_first_wins(plain, transport):
    session = await open_session(plain, transport)
    async with await probe(session) as first:
        try:
            async with await RawWebSocket.open(plain, websocket_target(session)) as second:
                await second.send("2probe")
                await second.wait_closed()
        except HandshakeRefused as refused:
            assert_bad_request(refused.response)
        await first.send("5")
        await first.send("4won")
        assert await first.next() == "4won"


async def test_of_many_probes_at_once_exactly_one_wins(plain):
    session = await PollingSession.open(plain)

    async def attempt():
        try:
            socket = await RawWebSocket.open(plain, websocket_target(session))
        except HandshakeRefused:
            return None
        await socket.send("2probe")
        answer = await socket.next()
        return socket if answer == "3probe" else None

    winners = [socket for socket in await asyncio.gather(*(attempt() for _ in range(20))) if socket]
    assert len(winners) == 1
    await winners[0].send("5")
    await winners[0].send("4hello")
    assert await winners[0].next() == "4hello"
    winners[0].connection.close()


async def test_polls_that_race_the_upgrade_packet_all_end(plain):
    """Whoever wins, each poll ends (`6`, data or 400), and the session lives on the WebSocket."""
    for _ in range(20):
        session = await PollingSession.open(plain)
        async with await probe(session) as socket:
            polls = asyncio.ensure_future(session.get())
            await asyncio.gather(socket.send("5"), socket.send("4hello"))
            response = await within(polls, what="the end of the racing poll")
            assert response.status == 400 or response.body == b"6", response
            assert await socket.next() == "4hello"


async def test_a_websocket_session_cannot_be_upgraded(plain):
    async with await WebSocketSession.open(plain) as session:
        try:
            async with await RawWebSocket.open(plain, session.target()) as second:
                await second.send("2probe")
                await second.wait_closed()
        except HandshakeRefused as refused:
            assert_bad_request(refused.response)
        await session.expect_working()


async def test_an_upgrade_request_with_frames_in_the_same_write_loses_none(plain):
    """The handshake and `2probe` in one segment: the bytes behind the head belong to the WebSocket."""
    session = await PollingSession.open(plain)
    async with await HTTPConnection.open(plain) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        await connection.send(
            connection.head("GET", websocket_target(session), RawWebSocket.handshake_headers(key))
            + encode_frame(TEXT, b"2probe") + encode_frame(TEXT, b"5") + encode_frame(TEXT, b"4hello"))
        response = await within(connection.read_response())
        assert response.status == 101
        socket = RawWebSocket(connection, response)
        assert [await socket.next(), await socket.next()] == ["3probe", "4hello"]


async def test_heartbeats_go_on_after_an_upgrade(official):
    session = await PollingSession.open(official)
    async with await upgrade(session) as upgraded:
        upgraded.answers_pings = False
        for _ in range(3):
            assert await upgraded.receive() == "2"
            await upgraded.send("3")


async def test_a_pong_lost_in_the_switch_still_ends_in_a_ping_timeout(official):
    """The reference forgets to re-arm here (as the reference server has it); we do not."""
    session = await PollingSession.open(official, answers_pings=False)
    assert await session.receive() == "2"
    async with await probe(session) as socket:
        await socket.send("5")
        await socket.wait_closed()


@HTTP_TRANSPORTS
async def test_the_sid_of_another_session_is_not_upgraded_by_mistake(plain, transport):
    one, two = await open_session(plain, transport), await open_session(plain, transport)
    async with await upgrade(one) as upgraded:
        await upgraded.expect_working()
        await two.expect_working()
        assert (await request(plain, "GET", one.target())).status == 400
    await two.abandon()
