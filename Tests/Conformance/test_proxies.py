# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Behind nginx and HAProxy, configured as people do: transports, the upgrade, heartbeats, idle limits."""

import asyncio
import zlib

import pytest
import socketio

from harness.engine_session import SOCKET, SessionEnded
from harness.http_client import HTTPConnection
from harness.numbered_messages import NumberedMessages
from harness.options import PING_INTERVAL
from harness.proxies import IDLE_LIMIT, PLATFORM_IDLE_LIMIT, TYPICAL
from harness.socketio_session import SocketIOSession
from harness.timing import DEADLINE, eventually, seconds, within

BINARY = bytes(range(256))
# More than the proxies' buffers hold.
LARGE = "é" * 150_000
TRANSPORTS = ["websocket", "polling", "sse"]
ALL_TRANSPORTS = pytest.mark.parametrize("transport", TRANSPORTS)
TYPICAL = pytest.mark.parametrize("name", TYPICAL)


@TYPICAL
@ALL_TRANSPORTS
async def test_events_and_acknowledgements(proxies, name, transport):
    async with await SocketIOSession.open(proxies(name), transport) as session:
        for number in range(20):
            await session.send(f'2["message","é",{number}]')
            await session.expect(f'2["message-back","é",{number}]')
        await session.send('21["message-with-ack","a"]', '22["sum",1,2,3]')
        await session.expect('31["a"]', "32[6]")
        await session.send('51-["message",{"_placeholder":true,"num":0}]', BINARY)
        await session.expect('51-["message-back",{"_placeholder":true,"num":0}]', BINARY)
        await session.send(f'2["message","{LARGE}"]')
        await session.expect(f'2["message-back","{LARGE}"]')
        await session.send('2["count",200]')
        await session.expect(*[f'2["tick",{number}]' for number in range(1, 201)])


@TYPICAL
@ALL_TRANSPORTS
async def test_heartbeats_come_in_time(proxies, name, transport):
    """Each ping is answered after it came: one that a buffer holds back ends the session after 200 ms."""
    async with await SocketIOSession.open(proxies(name), transport) as session:
        session.engine.answers_pings = False
        for _ in range(3):
            await session.engine.expect("2")
            await session.engine.send("3")


@TYPICAL
async def test_an_event_stream_comes_at_once(proxies, plain, name):
    """A stream of few bytes, each event awaited before the next is caused: 20 in the time of 10 of HAProxy's delays."""
    async with await SocketIOSession.open(proxies(name, plain), "sse") as session:
        async def echoes():
            for number in range(20):
                await session.send(f'2["message",{number}]')
                await session.expect(f'2["message-back",{number}]')
        await within(echoes(), 2, "all echoes")


async def test_an_event_stream_works_with_haproxys_delay(proxies, plain):
    async with await SocketIOSession.open(proxies("haproxy_delaying", plain), "sse") as session:
        await session.expect_working()
        await session.send('2["count",200]')
        await session.expect(*[f'2["tick",{number}]' for number in range(1, 201)])


async def test_a_compressed_event_stream_is_not_collected(proxies):
    """As a browser asks for it: each packet can be read before the next is due."""
    async with await HTTPConnection.open(proxies("nginx_compressing")) as connection:
        await connection.send_request("GET", SOCKET + "?EIO=4&transport=sse",
                                      [("Accept", "text/event-stream"), ("Accept-Encoding", "gzip")])
        response = await within(connection.read_head(), what="the head of the event stream")
        assert response.header("Content-Encoding") == "gzip"
        stream, text = zlib.decompressobj(wbits=31), b""

        async def read_event():
            nonlocal text
            while b"\n\n" not in text:
                text += stream.decompress(await connection.read_chunk())
            event, text = text.split(b"\n\n", 1)
            return event
        opening = await within(read_event(), PING_INTERVAL / 1000, "the packet that opens the session")
        assert opening.startswith(b'data: 0{"sid":"')
        assert await within(read_event(), what="a ping") == b"data: 2"


async def test_martlets_client_falls_to_polling_when_a_proxy_keeps_event_streams_back(proxies, plain):
    """As the guide promises. The same client stays with the stream where it comes through."""
    for name, transport in [("nginx_withholding", "polling"), ("nginx_compressing", "sse")]:
        async with NumberedMessages.running(proxies(name, plain), "sse", "polling") as client:
            await client.expect_progress()
            state = await client.finish()
        assert (state["transport"], state["disconnects"], state["losses"]) == (transport, 0, 0)


@pytest.mark.parametrize("name", ["nginx_classic", "nginx_recommended"])
@ALL_TRANSPORTS
async def test_a_page_of_the_proxys_origin_may_connect(proxies, plain, name, transport):
    """Without CORS only the own origin may, whose port `$host` leaves out."""
    proxy = proxies(name, plain)
    async with await SocketIOSession.open(proxy, transport, headers=[("Origin", proxy.url)]) as session:
        await session.expect_working()


@TYPICAL
async def test_python_socketio_upgrades(proxies, name):
    async with socketio.AsyncSimpleClient(reconnection=False) as client:
        await within(client.connect(proxies(name).url, transports=["polling", "websocket"], wait_timeout=DEADLINE),
                     DEADLINE * 2, "the connection")
        assert await client.receive(DEADLINE) == ["auth", {}]
        await eventually(lambda: client.transport == "websocket", "the transport is websocket")
        assert await client.call("message-with-ack", BINARY, timeout=DEADLINE) == BINARY
        for number in range(20):
            await client.emit("message", {"é": [number, BINARY]})
            assert await client.receive(DEADLINE) == ["message-back", {"é": [number, BINARY]}]


async def test_heartbeats_hold_sessions_past_the_idle_limit_of_platforms(proxies, platform):
    """55 s at which silent connections are cut, and the default heartbeats, every 25 s: all in a tenth of the time."""
    proxy = proxies("haproxy_platform", platform)
    sessions = [await SocketIOSession.open(proxy, transport) for transport in TRANSPORTS]
    await asyncio.gather(*(session.expect_quiet(window=seconds(PLATFORM_IDLE_LIMIT * 2.5)) for session in sessions))
    for session in sessions:
        await session.expect_working()
        await session.engine.abandon()


@ALL_TRANSPORTS
async def test_the_idle_limit_cuts_a_session_without_heartbeats(proxies, plain, transport):
    """The counterpart, with heartbeats 25 s apart: the limit is real, and the client sees the end."""
    async with await SocketIOSession.open(proxies("haproxy_impatient", plain), transport) as session:
        with pytest.raises(SessionEnded):
            await session.receive(seconds(IDLE_LIMIT) + DEADLINE)
