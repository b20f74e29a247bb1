# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Engine.IO 4: every case of the official protocol suite, stricter where that one is lax, and the same for sse.

The official suite runs against a server with pingInterval 300, pingTimeout 200, maxPayload 1000000 and cors `*`.
"""

import asyncio
import re

import pytest

from harness.engine_session import (
    ENGINE,
    SOCKET,
    PollingSession,
    SSESession,
    WebSocketSession,
    open_session,
    probe,
    upgrade,
)
from harness.http_client import assert_bad_request, assert_error, assert_unknown_session, request
from harness.options import PING_INTERVAL, PING_TIMEOUT
from harness.timing import DEADLINE, within
from harness.websocket_wire import Closed, HandshakeRefused, RawWebSocket

SID = re.compile(r"[A-Za-z0-9_-]{22,}")  # at least 128 bits in a URL-safe alphabet (Protocol.md 5)
BOTH_PATHS = pytest.mark.parametrize("path", [ENGINE, SOCKET])
HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse"])
ALL_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse", "websocket"])


def assert_handshake(handshake, upgrades):
    assert SID.fullmatch(handshake["sid"])
    assert {key: value for key, value in handshake.items() if key != "sid"} == {
        "upgrades": upgrades, "pingInterval": PING_INTERVAL, "pingTimeout": PING_TIMEOUT, "maxPayload": 1000000,
    }


class TestHandshake:
    @BOTH_PATHS
    async def test_polling_successfully_opens_a_session(self, official, path):
        session = await PollingSession.open(official, path)
        assert_handshake(session.handshake, ["websocket"])
        response = session.handshake_response
        assert response.header("Content-Type") == "text/plain; charset=UTF-8"
        assert response.header("Content-Length") == str(len(response.body))
        assert response.header("Cache-Control") == "no-store"

    @BOTH_PATHS
    async def test_sse_successfully_opens_a_session(self, official, path):
        async with await SSESession.open(official, path) as session:
            assert_handshake(session.handshake, ["websocket"])
            assert session.response.header("Content-Type").split(";")[0] == "text/event-stream"
            directives = {part.strip() for part in session.response.header("Cache-Control").split(",")}
            assert {"no-cache", "no-transform"} <= directives
            assert session.response.header("X-Accel-Buffering") == "no"
            assert session.response.header("Content-Length") is None

    @BOTH_PATHS
    async def test_websocket_successfully_opens_a_session(self, official, path):
        async with await WebSocketSession.open(official, path) as session:
            assert_handshake(session.handshake, [])
            assert session.socket.response.header("Sec-WebSocket-Extensions") is None
            assert session.socket.response.header("Sec-WebSocket-Protocol") is None

    @BOTH_PATHS
    @HTTP_TRANSPORTS
    @pytest.mark.parametrize("query", ["", "&EIO=abc", "&EIO=3", "&EIO=5", "&EIO=", "&EIO=04", "&EIO=4.0"])
    async def test_http_fails_with_an_invalid_EIO_query_parameter(self, official, path, transport, query):
        response = await request(official, "GET", f"{path}?transport={transport}{query}")
        assert_error(response, 5, "Unsupported protocol version")

    @BOTH_PATHS
    @pytest.mark.parametrize("query", ["", "&transport=abc", "&transport=", "&transport=webtransport",
                                       "&transport=Polling", "&transport=constructor"])
    async def test_polling_fails_with_an_invalid_transport_query_parameter(self, official, path, query):
        response = await request(official, "GET", f"{path}?EIO=4{query}")
        assert_error(response, 0, "Transport unknown")

    @BOTH_PATHS
    @HTTP_TRANSPORTS
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
    async def test_http_fails_with_an_invalid_request_method(self, official, path, transport, method):
        response = await request(official, method, f"{path}?EIO=4&transport={transport}", body=b"4x")
        assert_error(response, 2, "Bad handshake method")

    @BOTH_PATHS
    @pytest.mark.parametrize("query", ["", "EIO=abc&", "EIO=3&"])
    async def test_websocket_fails_with_an_invalid_EIO_query_parameter(self, official, path, query):
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(official, f"{path}?{query}transport=websocket")
        assert_error(refused.value.response, 5, "Unsupported protocol version")

    @BOTH_PATHS
    @pytest.mark.parametrize("query", ["", "&transport=abc"])
    async def test_websocket_fails_with_an_invalid_transport_query_parameter(self, official, path, query):
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(official, f"{path}?EIO=4{query}")
        assert_error(refused.value.response, 0, "Transport unknown")

    async def test_websocket_transport_without_an_upgrade_is_a_bad_request(self, official):
        assert_bad_request(await request(official, "GET", f"{ENGINE}?EIO=4&transport=websocket"))

    @BOTH_PATHS
    @ALL_TRANSPORTS
    async def test_an_unknown_sid_is_refused(self, official, path, transport):
        target = f"{path}?EIO=4&transport={transport}&sid=AAAAAAAAAAAAAAAAAAAAAA"
        if transport == "websocket":
            with pytest.raises(HandshakeRefused) as refused:
                await RawWebSocket.open(official, target)
            assert_unknown_session(refused.value.response)
        else:
            for method, body in (("GET", None), ("POST", b"4x")):
                assert_unknown_session(await request(official, method, target, body=body))

    @BOTH_PATHS
    async def test_a_sid_is_never_given_twice(self, official, path):
        sessions = await asyncio.gather(*(PollingSession.open(official, path) for _ in range(50)))
        assert len({session.sid for session in sessions}) == 50

    async def test_the_missing_trailing_slash_is_accepted(self, official):
        session = await PollingSession.open(official, "/engine.io")
        await session.expect_working()

    async def test_a_session_of_one_endpoint_is_unknown_to_the_other(self, official):
        session = await PollingSession.open(official, ENGINE)
        assert_unknown_session(await request(official, "GET", f"{SOCKET}?EIO=4&transport=polling&sid={session.sid}"))


class TestMessage:
    @HTTP_TRANSPORTS
    async def test_sends_and_receives_a_payload_containing_one_plain_text_packet(self, official, transport):
        async with await open_session(official, transport) as session:
            response = await session.post("4hello")
            assert (response.status, response.body) == (200, b"ok")
            assert response.header("Content-Type") == "text/html"
            assert response.header("Content-Length") == "2"
            await session.expect("4hello")

    async def test_polling_answers_one_plain_text_packet_to_the_byte(self, official):
        session = await PollingSession.open(official)
        await session.post("4hello")
        response = await session.get()
        assert (response.status, response.body) == (200, b"4hello")
        assert response.header("Content-Type") == "text/plain; charset=UTF-8"
        assert response.header("Content-Length") == "6"
        assert response.header("Cache-Control") == "no-store"

    @HTTP_TRANSPORTS
    async def test_sends_and_receives_a_payload_containing_several_plain_text_packets(self, official, transport):
        async with await open_session(official, transport) as session:
            await session.post("4test1\x1e4test2\x1e4test3")
            await session.expect("4test1", "4test2", "4test3")

    async def test_polling_answers_several_packets_in_one_payload(self, official):
        session = await PollingSession.open(official)
        await session.post("4test1\x1e4test2\x1e4test3")
        assert (await session.get()).body == b"4test1\x1e4test2\x1e4test3"

    @HTTP_TRANSPORTS
    async def test_sends_and_receives_a_payload_containing_plain_text_and_binary_packets(self, official, transport):
        async with await open_session(official, transport) as session:
            await session.post("4hello\x1ebAQIDBA==")
            await session.expect("4hello", b"\x01\x02\x03\x04")

    async def test_polling_answers_text_and_binary_to_the_byte(self, official):
        session = await PollingSession.open(official)
        await session.post("4hello\x1ebAQIDBA==")
        assert (await session.get()).body == b"4hello\x1ebAQIDBA=="

    @HTTP_TRANSPORTS
    async def test_closes_the_session_upon_invalid_packet_format(self, official, transport):
        async with await open_session(official, transport) as session:
            response = await session.post("abc")
            assert response.status == 400
            assert_unknown_session(await session.get())

    async def test_closes_the_session_upon_duplicate_poll_requests(self, official):
        session = await PollingSession.open(official)
        async with await session.start_get() as first:
            # The second is sent on its way only once the first is certainly the one that waits.
            await session.expect_quiet_on(first)
            second = await session.get()
            waiting = await within(first.read_response(), what="the end of the first poll")
        assert (waiting.status, waiting.body) == (200, b"1")
        assert_bad_request(second)
        assert_unknown_session(await session.get())

    async def test_websocket_sends_and_receives_a_plain_text_packet(self, official):
        async with await WebSocketSession.open(official) as session:
            await session.send("4hello")
            await session.expect("4hello")

    async def test_websocket_sends_and_receives_a_binary_packet(self, official):
        async with await WebSocketSession.open(official) as session:
            await session.send(b"\x01\x02\x03\x04")
            await session.expect(b"\x01\x02\x03\x04")

    async def test_websocket_closes_the_session_upon_invalid_packet_format(self, official):
        async with await WebSocketSession.open(official) as session:
            await session.send("abc")
            assert (await session.expect_closed()).packets in ([], ["2"])


class TestHeartbeat:
    @BOTH_PATHS
    @ALL_TRANSPORTS
    async def test_sends_ping_pong_packets(self, official, path, transport):
        async with await open_session(official, transport, path, answers_pings=False) as session:
            for _ in range(3):
                assert await session.receive() == "2"
                await session.send("3")

    @BOTH_PATHS
    async def test_polling_sends_the_ping_as_the_only_packet_of_a_poll(self, official, path):
        session = await PollingSession.open(official, path)
        assert (await session.get()).body == b"2"

    @BOTH_PATHS
    @ALL_TRANSPORTS
    async def test_closes_the_session_upon_ping_timeout(self, official, path, transport):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with await open_session(official, transport, path, answers_pings=False) as session:
            ended = await session.expect_closed()
        took = (loop.time() - begun) * 1000
        assert ended.packets[:1] == ["2"], "the ping that was not answered"
        assert ended.packets[1:] in ([], ["1"])
        assert PING_INTERVAL + PING_TIMEOUT * 0.95 <= took, f"closed after {took:.0f} ms already"

    @ALL_TRANSPORTS
    async def test_only_a_pong_counts_as_an_answer_to_a_ping(self, official, transport):
        async with await open_session(official, transport, answers_pings=False) as session:
            assert await session.receive() == "2"
            await session.send("4traffic")
            ended = await session.expect_closed()
            assert ended.packets[:1] == ["4traffic"]

    async def test_a_session_that_is_never_polled_ends(self, official):
        session = await PollingSession.open(official)
        await asyncio.sleep((PING_INTERVAL + PING_TIMEOUT) / 1000)
        response = await within(session.get(), DEADLINE)
        assert response.status == 400 or response.body in (b"1", b"2\x1e1"), response
        assert_unknown_session(await session.get())


class TestClose:
    @BOTH_PATHS
    async def test_polling_forcefully_closes_the_session(self, official, path):
        session = await PollingSession.open(official, path)
        async with await session.start_get() as waiting:
            await session.expect_quiet_on(waiting)
            response = await session.post("1")
            assert (response.status, response.body) == (200, b"ok")
            poll = await within(waiting.read_response(), what="the end of the waiting poll")
        assert (poll.status, poll.body) == (200, b"6")
        assert_unknown_session(await session.get())
        assert_unknown_session(await session.post("4x"))

    @BOTH_PATHS
    async def test_sse_forcefully_closes_the_session(self, official, path):
        async with await SSESession.open(official, path) as session:
            response = await session.post("1")
            assert (response.status, response.body) == (200, b"ok")
            assert (await session.expect_closed()).packets in ([], ["6"], ["1"])

    @BOTH_PATHS
    async def test_websocket_forcefully_closes_the_session(self, official, path):
        async with await WebSocketSession.open(official, path) as session:
            await session.send("1")
            assert (await session.expect_closed()).close.code in (1000, 1005)

    async def test_websocket_close_frame_closes_the_session(self, official):
        async with await WebSocketSession.open(official) as session:
            assert await session.socket.close(1000) == Closed(1000)


class TestUpgrade:
    @BOTH_PATHS
    @HTTP_TRANSPORTS
    async def test_successfully_upgrades_to_websocket(self, official, path, transport):
        session = await open_session(official, transport, path)
        upgraded = await upgrade(session)
        async with upgraded:
            if path == ENGINE:
                await upgraded.expect_working()
            else:
                await upgraded.send("40")
                assert (await upgraded.receive()).startswith('40{"sid":"')

    @BOTH_PATHS
    @HTTP_TRANSPORTS
    async def test_ignores_http_requests_with_same_sid_after_upgrade(self, official, path, transport):
        session = await open_session(official, transport, path)
        async with await upgrade(session) as upgraded:
            assert_bad_request(await session.get())
            assert_bad_request(await session.post("4late"))
            if path == ENGINE:
                await upgraded.expect_working()

    @BOTH_PATHS
    @HTTP_TRANSPORTS
    async def test_ignores_websocket_connection_with_same_sid_after_upgrade(self, official, path, transport):
        session = await open_session(official, transport, path)
        async with await upgrade(session) as upgraded:
            target = upgraded.target()
            try:
                async with await RawWebSocket.open(official, target) as second:
                    await second.send("2probe")
                    await second.wait_closed()
            except HandshakeRefused as refused:
                assert_bad_request(refused.response)
            if path == ENGINE:
                await upgraded.expect_working()

    @BOTH_PATHS
    async def test_probe_and_upgrade_sent_at_once_refuse_later_polls(self, official, path):
        """The official suite sends `2probe` and `5` without waiting, then polls on another connection."""
        session = await PollingSession.open(official, path)
        async with await RawWebSocket.open(official, session.target().replace("=polling", "=websocket")) as socket:
            await socket.send("2probe")
            await socket.send("5")
            response = await session.get()
            # A poll that overtakes the `5` is released by the upgrade; it must not wait for data.
            assert response.status == 400 or response.body == b"6", response
            assert_bad_request(await session.get())
            assert await socket.next() == "3probe"

    @BOTH_PATHS
    async def test_probe_and_upgrade_sent_at_once_refuse_a_later_websocket(self, official, path):
        session = await PollingSession.open(official, path)
        target = session.target().replace("=polling", "=websocket")
        async with await RawWebSocket.open(official, target) as socket:
            await socket.send("2probe")
            await socket.send("5")
            try:
                async with await RawWebSocket.open(official, target) as second:
                    await second.wait_closed()
            except HandshakeRefused as refused:
                assert_bad_request(refused.response)
            assert await socket.next() == "3probe"
            if path == ENGINE:
                await socket.send("4hello")
                assert await socket.next() in ("4hello", "2")


async def test_a_probe_leaves_the_session_on_polling(official):
    session = await PollingSession.open(official)
    async with await probe(session):
        await session.send("4still polling")
        packets = []
        while "4still polling" not in packets:
            packets.append(await session.receive())
        assert set(packets) <= {"6", "4still polling"}
