# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Requests that are wrong, or meant to harm. After each the server lives, and a session opened before still works."""

import asyncio

import pytest

from harness.engine_session import ENGINE, SOCKET, PollingSession, open_session
from harness.http_client import HTTPConnection, assert_error, request
from harness.timing import DEADLINE, eventually, seconds, within
from harness.websocket_wire import HandshakeRefused, RawWebSocket

pytestmark = pytest.mark.usefixtures("witness")

HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse"])
POLL = f"{ENGINE}?EIO=4&transport=polling"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


async def answer_to(server, data, limit=DEADLINE):
    """The status of the answer to these bytes; None when the connection ended without one."""
    async with await HTTPConnection.open(server) as connection:
        try:
            await connection.send(data)
            return (await within(connection.read_head(), limit, "an answer")).status
        except (EOFError, ConnectionError):
            return None


async def test_an_unknown_path_is_404(abused):
    for target in ("/", "/nothing", "/engine.iox/", "/socket.iox", "/healthz/x", "/%00", "/%zz",
    "/..%2f..%2fetc/passwd"):
        response = await request(abused, "GET", target)
        assert response.status in (400, 404) if "%" in target else response.status == 404, (target, response)


async def test_an_upgrade_on_an_unknown_path_is_404(abused):
    with pytest.raises(HandshakeRefused) as refused:
        await RawWebSocket.open(abused, "/nothing")
    assert refused.value.response.status == 404


@pytest.mark.parametrize("data", [
    b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\n: empty name\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX y: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x00" * 1000, b"\xff" * 1000, b"GET " + b"/" * 8000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
], ids=lambda data: repr(data[:40]))
async def test_bytes_that_are_no_request_are_400_or_cut_off(abused, data):
    async with await HTTPConnection.open(abused) as connection:
        try:
            await connection.send(data)
            if connection.writer.can_write_eof():
                connection.writer.write_eof()
        except OSError:
            pass  # It was cut off by now; "not connected" is no ConnectionError to Python.
        received = await connection.wait_closed(seconds(12))
        status = received.split(b" ", 2)[1] if received else None
        assert status is None or 400 <= int(status) < 600, received[:80]


class TestSmuggling:
    """RFC 9112 6: what two parsers could read in two ways is refused."""

    @pytest.mark.parametrize("headers", [
        [("Content-Length", "2"), ("Content-Length", "3")],
        [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked, gzip")],
        [("Transfer-Encoding", "x")],
        [("Content-Length", "2, 3")],
        [("Content-Length", "+2")],
        [("Content-Length", "0x2")],
    ], ids=str)
    async def test_two_lengths_are_refused(self, abused, headers):
        session = await PollingSession.open(abused)
        async with await HTTPConnection.open(abused) as connection:
            await connection.send(connection.head("POST", session.target(), headers) + b"4x\r\n0\r\n\r\n")
            try:
                response = await within(connection.read_head())
                assert response.status in (400, 411, 501), response
            except (EOFError, ConnectionError):
                pass

    async def test_two_hosts_are_refused(self, abused):
        status = await answer_to(abused, b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert status == 400


class TestDuplicateHeaders:
    async def test_two_origins_are_refused(self, abused):
        headers = [("Origin", f"http://{abused.authority}"), ("Origin", "http://evil.example")]
        for order in (headers, headers[::-1]):
            with pytest.raises(HandshakeRefused) as refused:
                await RawWebSocket.open(abused, f"{ENGINE}?EIO=4&transport=websocket", order)
            assert refused.value.response.status in (400, 403)

    async def test_repeated_harmless_headers_are_served(self, abused):
        headers = [("X-A", "1"), ("X-A", "2"), ("Accept", "*/*"), ("Accept", "text/plain"), ("Cookie", "a"),
        ("Cookie", "b")]
        assert (await request(abused, "GET", POLL, headers)).status == 200

    async def test_thousands_of_headers_do_no_harm(self, abused):
        """CVE-2024-37890 (ws): an upgrade with more headers than the server counts. CVE-2026-28980 (SwiftNIO):
        countless tiny ones, which the limit on the head's size bounds."""
        headers = "".join(f"{number:x}:\r\n" for number in range(2400)).encode()
        assert len(headers) < 16 * 1024
        for first in (f"GET {ENGINE}?EIO=4&transport=websocket HTTP/1.1", "GET /ws-echo HTTP/1.1"):
            status = await answer_to(abused, first.encode() + b"\r\nHost: a\r\n" + headers
                                     + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                     + f"Sec-WebSocket-Key: {KEY}\r\n\r\n".encode())
            assert status in (101, 400, 431, None)


async def test_an_upgrade_that_is_reset_at_once_does_no_harm(abused):
    for path in ("/ws-echo", f"{ENGINE}?EIO=4&transport=websocket", f"{ENGINE}?EIO=3&transport=websocket"):
        for _ in range(20):
            connection = await HTTPConnection.open(abused)
            await connection.send(connection.head("GET", path, RawWebSocket.handshake_headers(KEY)))
            connection.reset()


class TestQuery:
    @pytest.mark.parametrize("query", [
        "EIO=4&EIO=4&transport=polling", "EIO=4&transport=polling&transport=websocket",
        "EIO=4&transport=polling&sid=%00",
        "EIO=4&transport=polling&sid=", "EIO=4&transport=polling&sid=a&sid=b",
        "EIO=4&transport=polling&sid=" + "A" * 9000,
        "EIO=4&transport=polling&sid[]=x", "EIO[]=4&transport[]=polling", "EIO=4&transport=__proto__", "&&&===", "%",
        "%zz=%",
        "EIO=4&transport=polling&sid=%ff%fe", "EIO=" + "9" * 5000, "EIO=-4&transport=polling",
        "EIO=4%00&transport=polling",
        "EIO=4&transport=polling%00", "EIO=4&transport=polling&j=0", "EIO=4&transport=polling&j=%3Cscript%3E",
        "EIO=4&transport=polling&" + "&".join(f"a{number}" for number in range(1500)), "EIO=4;transport=polling",
        "EIO=4&transport=sse&transport=sse&sid=__proto__", "EIO=4&transport=polling&sid=constructor",
        "EIO=4&transport=polling&resume=1&resume=0", "EIO=4&transport=polling&ack=99999999999999999999&attach=x",
    ], ids=lambda query: query[:60])
    @pytest.mark.parametrize("path", [ENGINE, SOCKET])
    async def test_an_odd_query_is_answered(self, abused, path, query):
        """CVE-2023-31125, CVE-2022-21676: a request that nobody expected must not end the process."""
        for method in ("GET", "POST", "OPTIONS", "PUT"):
            response = await request(abused, method, f"{path}?{query}")
            assert response.status in (200, 204, 400, 405, 500, 501), response
            if response.status == 400 and response.body:
                assert response.header("Content-Type") == "application/json"

    async def test_a_sid_with_nul_is_unknown(self, abused):
        assert_error(await request(abused, "GET", POLL + "&sid=%00"), 1, "Session ID unknown")


class TestBodies:
    @HTTP_TRANSPORTS
    @pytest.mark.parametrize("body", [b"4\xff\xfe", b"4\xc3", b"4\xed\xa0\x80", b"\xff", b"4\xf8\x88\x80\x80\x80"],
    ids=repr)
    async def test_a_body_that_is_not_utf8_is_refused_and_never_delivered(self, abused, transport, body):
        async with await open_session(abused, transport) as session:
            response = await session.post(body)
            assert response.status == 400
            await session.expect_closed()

    @HTTP_TRANSPORTS
    @pytest.mark.parametrize("body", [b"b!!!!", b"bA", b"bAQ=I", b"b=", b"bAQID\x1eb****", b"bAQID===="], ids=repr)
    async def test_base64_that_is_none_does_no_harm(self, abused, transport, body):
        """The reference decodes what it can; whether ours closes is not laid down."""
        async with await open_session(abused, transport) as session:
            assert (await session.post(body)).status in (200, 400)

    @HTTP_TRANSPORTS
    @pytest.mark.parametrize("body", [b"\x1e", b"\x1e\x1e\x1e", b"4a\x1e", b"\x1e4a"], ids=repr)
    async def test_empty_packets_close_the_session(self, abused, transport, body):
        async with await open_session(abused, transport) as session:
            assert (await session.post(body)).status in (200, 400)
            await session.expect_closed()

    async def test_a_body_of_a_million_separators_does_no_harm(self, abused):
        """CVE-2020-36048, CVE-2020-36049: work and memory out of proportion to the bytes."""
        before = abused.resident_bytes()
        for body in (b"\x1e" * 999_999, b"4\x1e" * 499_999, b"4" * 1_000_000, b"b" * 1_000_000, b"2" * 1_000_000):
            session = await PollingSession.open(abused)
            response = await session.post(body, limit=seconds(20))
            assert response.status in (200, 400), response
        grown = abused.resident_bytes() - before
        assert grown < 100 * 2**20, f"{grown / 2**20:.0f} MiB"

    async def test_a_million_one_byte_chunks_do_no_harm(self, abused):
        session = await PollingSession.open(abused)
        before = abused.resident_bytes()
        async with await HTTPConnection.open(abused) as connection:
            await connection.send(connection.head("POST", session.target(), [("Transfer-Encoding", "chunked")]))
            try:
                await connection.send(b"1\r\n4\r\n" + b"1\r\nx\r\n" * 300_000 + b"0\r\n\r\n")
                response = await within(connection.read_response(), seconds(30))
                assert response.status in (200, 413)
            except (EOFError, ConnectionError):
                pass
        grown = abused.resident_bytes() - before
        assert grown < 100 * 2**20, f"{grown / 2**20:.0f} MiB for 300 kB"

    @HTTP_TRANSPORTS
    async def test_a_get_with_a_body_does_no_harm(self, abused, transport):
        async with await HTTPConnection.open(abused) as connection:
            await connection.send_request("GET", f"{ENGINE}?EIO=4&transport={transport}", body=b"4x" * 100)
            assert (await within(connection.read_head())).status in (200, 400)


class TestCrowds:
    async def test_a_thousand_connections_that_open_and_vanish_leave_nothing(self, abused):
        descriptors, sessions = abused.open_descriptors(), abused.stats()["sessions"]
        heads = [
            b"", b"GET ", f"GET {SOCKET}?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
            f"GET {SOCKET}?EIO=4&transport=sse HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
            f"GET {SOCKET}?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n".encode(),
        ]

        async def vanish(number):
            connection = await HTTPConnection.open(abused)
            await connection.send(heads[number % len(heads)])
            connection.reset() if number % 2 else connection.close()

        for start in range(0, 1000, 100):
            await asyncio.gather(*(vanish(number) for number in range(start, start + 100)))
        await eventually(lambda: abused.open_descriptors() <= descriptors + 2, "the descriptors are given back",
        seconds(15))
        # A polling handshake whose client vanishes between two polls is only missed by its heartbeat (45 s); the
        # websocket and sse sessions are gone.
        await eventually(lambda: abused.stats()["sessions"] <= sessions + 200, "the sessions are gone", seconds(15))

    async def test_five_hundred_open_connections_are_all_served(self, abused):
        sessions = await asyncio.gather(*(open_session(abused, "websocket") for _ in range(500)))
        await asyncio.gather(*(session.expect_working() for session in sessions))
        await asyncio.gather(*(session.abandon() for session in sessions))

    async def test_memory_does_not_grow_with_sessions_that_came_and_went(self, abused):
        async def come_and_go(transport):
            async with await open_session(abused, transport) as session:
                await session.expect_working()
                if transport == "websocket":
                    await session.socket.close()
                else:
                    await session.post("1")

        async def round_of(count):
            for _ in range(count):
                await asyncio.gather(*(come_and_go(kind) for kind in ("websocket", "polling",
                "sse") for _ in range(10)))
        await round_of(10)
        before = abused.resident_bytes()
        await round_of(20)
        grown = abused.resident_bytes() - before
        assert grown < 16 * 2**20, f"{grown / 2**20:.1f} MiB after 600 sessions that are gone"
