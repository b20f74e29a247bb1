# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Behind nginx and HAProxy, configured as people do: transports, the upgrade, heartbeats, idle limits, restarts."""

import contextlib
import functools
import zlib

import pytest
import socketio

from harness.engine_session import SOCKET, SessionEnded
from harness.http_client import HTTPConnection
from harness.options import PING_INTERVAL
from harness.proxies import NGINX_CLASSIC, NGINX_COMPRESSING, NGINX_RECOMMENDED, HAProxy, Nginx
from harness.socketio_session import SocketIOSession
from harness.timing import DEADLINE, eventually, seconds, within

BINARY = bytes(range(256))
# More than the proxies' buffers hold.
LARGE = "é" * 150_000
IDLE_LIMIT = 1
# Without it HAProxy keeps each piece of an answer for up to 200 ms, waiting for more to send along.
NO_DELAY = "option http-no-delay"
PROXIES = {
    "nginx_classic": lambda folder, server: Nginx(folder, server, NGINX_CLASSIC),
    "nginx_compressing": lambda folder, server: Nginx(folder, server, NGINX_COMPRESSING),
    "nginx_recommended": lambda folder, server: Nginx(folder, server, NGINX_RECOMMENDED),
    "haproxy": lambda folder, server: HAProxy(folder, server, 50, NO_DELAY),
    "haproxy_impatient": lambda folder, server: HAProxy(folder, server, IDLE_LIMIT, NO_DELAY),
    "haproxy_delaying": lambda folder, server: HAProxy(folder, server, 50),
}
ALL_TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])
TYPICAL = pytest.mark.parametrize("name", ["nginx_classic", "nginx_recommended", "haproxy"])


@pytest.fixture(scope="module")
def proxies(official, plain, tmp_path_factory):
    """Gives the proxy of a name in front of a server, started when it is first asked for."""
    with contextlib.ExitStack() as ends:
        @functools.cache
        def proxy(name, server=official):
            return ends.enter_context(PROXIES[name](tmp_path_factory.mktemp(name), server))
        yield proxy


@pytest.fixture
def own_nginx(official, tmp_path):
    """A proxy that belongs to one test."""
    with PROXIES["nginx_classic"](tmp_path, official) as proxy:
        yield proxy


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


@ALL_TRANSPORTS
async def test_heartbeats_hold_a_session_past_the_idle_limit(proxies, transport):
    """As on platforms that cut what is silent for 55 s: only heartbeats pass, for longer than the limit."""
    async with await SocketIOSession.open(proxies("haproxy_impatient"), transport) as session:
        await session.expect_quiet(window=seconds(IDLE_LIMIT * 2))
        await session.expect_working()


@ALL_TRANSPORTS
async def test_the_idle_limit_cuts_a_session_without_heartbeats(proxies, plain, transport):
    """The counterpart, with heartbeats 25 s apart: the limit is real, and the client sees the end."""
    async with await SocketIOSession.open(proxies("haproxy_impatient", plain), transport) as session:
        with pytest.raises(SessionEnded):
            await session.receive(seconds(IDLE_LIMIT) + DEADLINE)


async def test_a_restart_of_the_proxy_ends_websockets(own_nginx, official):
    sessions = official.stats()["sessions"]
    async with await SocketIOSession.open(own_nginx) as session:
        await session.expect_working()
        own_nginx.stop()
        ended = await session.expect_closed()
        assert ended.close.code is None, "nobody is left who could send a close frame"
        await eventually(lambda: official.stats()["sessions"] <= sessions, "the server has let the session go")
    own_nginx.start()
    async with await SocketIOSession.open(own_nginx) as session:
        await session.expect_working()


@pytest.mark.parametrize("transport", ["polling", "sse"])
async def test_a_restart_of_the_proxy_keeps_a_polling_session_and_ends_a_stream(own_nginx, transport):
    async with await SocketIOSession.open(own_nginx, transport) as session:
        await session.expect_working()
        own_nginx.stop()
        own_nginx.start()
        if transport == "polling":
            await session.expect_working()
        else:
            await session.expect_closed()


@ALL_TRANSPORTS
async def test_a_reload_of_the_proxy_disturbs_nobody(own_nginx, transport):
    """The old worker stays until its last connection has ended."""
    async with await SocketIOSession.open(own_nginx, transport) as session:
        before = set(own_nginx.workers())
        own_nginx.reload()
        await eventually(lambda: set(own_nginx.workers()) - before, "a new worker")
        await session.expect_working()
        async with await SocketIOSession.open(own_nginx, transport) as other:
            await other.expect_working()
