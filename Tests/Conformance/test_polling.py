# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Polling's own rules, and those sse shares with it: one GET and one POST at a time, aborts, odd bodies, keep-alive."""

import asyncio

import pytest

from harness.engine_session import ENGINE, PollingSession, SSESession, open_session
from harness.http_client import HTTPConnection, assert_bad_request, assert_error, assert_unknown_session, request
from harness.timing import DEADLINE, QUIET, eventually, within

HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse"])


async def test_a_get_waits_until_there_is_something(plain):
    session = await PollingSession.open(plain)
    async with await session.start_get() as waiting:
        await session.expect_quiet_on(waiting)
        await session.send("4now")
        assert (await within(waiting.read_response())).body == b"4now"


async def test_get_and_post_share_one_kept_alive_connection(plain):
    session = await PollingSession.open(plain)
    async with await HTTPConnection.open(plain) as connection:
        for number in range(20):
            posted = await connection.request("POST", session.target(), body=f"4{number}".encode())
            assert (posted.status, posted.body) == (200, b"ok")
            polled = await connection.request("GET", session.target())
            assert (polled.status, polled.body) == (200, f"4{number}".encode())


async def test_pipelined_requests_are_answered_in_order(plain):
    session = await PollingSession.open(plain)
    async with await HTTPConnection.open(plain) as connection:
        await connection.send_request("POST", session.target(), body=b"4one")
        await connection.send_request("GET", session.target())
        await connection.send_request("GET", "/healthz")
        bodies = [(await within(connection.read_response())).body for _ in range(3)]
    assert bodies == [b"ok", b"4one", b"ok"]


async def test_http_1_0_and_connection_close_end_the_connection(plain):
    async with await HTTPConnection.open(plain) as connection:
        response = await connection.request("GET", f"{ENGINE}?EIO=4&transport=polling", [("Connection", "close")])
        assert response.status == 200
        assert await connection.wait_closed() == b""
    async with await HTTPConnection.open(plain) as connection:
        await connection.send(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert (await within(connection.read_response())).body == b"ok"
        assert await connection.wait_closed() == b""


@HTTP_TRANSPORTS
async def test_a_second_post_while_one_is_under_way_closes_the_session(plain, transport):
    async with await open_session(plain, transport) as session:
        async with await HTTPConnection.open(plain) as first:
            await first.send(first.head("POST", session.target(), [("Content-Length", "10")]) + b"4hal")
            # Only when the head has been taken is the first one "under way".
            await asyncio.sleep(QUIET / 3)
            assert_bad_request(await session.post("4second"))
            assert_unknown_session(await session.get())


async def test_a_second_get_ends_the_first_with_close(plain):
    session = await PollingSession.open(plain)
    async with await session.start_get() as waiting:
        await session.expect_quiet_on(waiting)
        assert_bad_request(await session.get())
        assert (await within(waiting.read_response())).body == b"1"
    assert_unknown_session(await session.post("4x"))


async def test_a_second_stream_for_one_sse_session_is_refused(plain):
    async with await SSESession.open(plain) as session:
        assert_bad_request(await session.get())


async def test_a_get_aborted_by_the_peer_ends_only_itself(plain):
    """A phone changes its network, a proxy repeats a request: the heartbeat decides. The reference ends the session."""
    for abort in (HTTPConnection.close, HTTPConnection.reset):
        session = await PollingSession.open(plain)
        waiting = await session.start_get()
        await session.expect_quiet_on(waiting)
        abort(waiting)
        # What was sent now might go to the connection that is gone, and the session with it.
        async with await session.start_get() as again:
            await session.expect_quiet_on(again)
            await session.send("4hello")
            assert (await within(again.read_response())).body == b"4hello"
        await session.expect_working()


async def test_an_sse_stream_aborted_by_the_peer_closes_the_session(plain):
    for abort in (HTTPConnection.close, HTTPConnection.reset):
        session = await SSESession.open(plain)
        abort(session.connection)

        async def gone(session=session):
            return (await session.post("3")).status == 400
        await eventually(gone, "the session is closed")
        assert_unknown_session(await session.post("4x"))


@HTTP_TRANSPORTS
async def test_a_post_cut_in_the_middle_ends_only_itself_and_delivers_nothing(plain, transport):
    """The reference ends the session."""
    async with await open_session(plain, transport) as session:
        async with await HTTPConnection.open(plain) as connection:
            await connection.send(connection.head("POST", session.target(), [("Content-Length", "1000")]) + b"4half")
            connection.end()
            await connection.wait_closed()
        await session.expect_working()


@HTTP_TRANSPORTS
async def test_a_post_in_chunks_is_taken(plain, transport):
    async with await open_session(plain, transport) as session:
        async with await HTTPConnection.open(plain) as connection:
            await connection.send(connection.head("POST", session.target(), [("Transfer-Encoding", "chunked")]))
            for part in (b"4he", b"llo", b"\x1e", b"4world"):
                await connection.send(b"%x\r\n%s\r\n" % (len(part), part))
            await connection.send(b"0\r\n\r\n")
            assert (await within(connection.read_response())).body == b"ok"
        await session.expect("4hello", "4world")


@HTTP_TRANSPORTS
async def test_a_post_that_arrives_byte_by_byte_is_taken(plain, transport):
    async with await open_session(plain, transport) as session:
        async with await HTTPConnection.open(plain) as connection:
            body = "4é\x1ebAQID".encode()
            data = connection.head("POST", session.target(), [("Content-Length", str(len(body)))]) + body
            for index in range(len(data)):
                await connection.send(data[index:index + 1])
                await asyncio.sleep(0)
            assert (await within(connection.read_response())).body == b"ok"
        await session.expect("4é", b"\x01\x02\x03")


@HTTP_TRANSPORTS
async def test_octet_stream_is_refused_and_closes_the_session(plain, transport):
    async with await open_session(plain, transport) as session:
        response = await session.post("4x", [("Content-Type", "application/octet-stream")])
        assert response.status == 400
        assert_unknown_session(await session.get())


@HTTP_TRANSPORTS
@pytest.mark.parametrize("content_type", ["text/plain", "text/plain;charset=UTF-8", "application/json", None])
async def test_other_content_types_are_taken(plain, transport, content_type):
    async with await open_session(plain, transport) as session:
        response = await session.post("4x", [("Content-Type", content_type)] if content_type else [])
        assert (response.status, response.body) == (200, b"ok")
        await session.expect("4x")


@HTTP_TRANSPORTS
async def test_a_known_sid_with_another_transport_is_a_bad_request(plain, transport):
    other = {"polling": "sse", "sse": "polling"}[transport]
    async with await open_session(plain, transport) as session:
        assert_bad_request(await session.post("4x", transport=other))
        target = session.target().replace(f"transport={transport}", f"transport={other}")
        assert_bad_request(await request(plain, "GET", target))
        await session.expect_working()


@HTTP_TRANSPORTS
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_another_method_with_a_sid_is_refused_and_the_session_stays(plain, transport, method):
    async with await open_session(plain, transport) as session:
        response = await request(plain, method, session.target(), body=b"4x")
        assert response.status in (400, 405, 500, 501)
        await session.expect_working()


@HTTP_TRANSPORTS
async def test_attach_is_refused_to_a_session_that_did_not_ask_for_resuming(plain, transport):
    async with await open_session(plain, transport) as session:
        assert "resume" not in session.handshake
        assert_bad_request(await session.get(ack=0, attach=1))
        await session.expect_working()


@HTTP_TRANSPORTS
async def test_query_parameters_nobody_knows_are_ignored(plain, transport):
    async with await open_session(plain, transport, query={"t": "abc.0", "b64": "1", "x": "%00%ff",
    "y": ""}) as session:
        await session.expect_working()


async def test_duplicate_query_parameters_the_last_one_wins(plain):
    assert (await request(plain, "GET", f"{ENGINE}?EIO=4&EIO=4&transport=polling")).status == 200
    assert (await request(plain, "GET", f"{ENGINE}?EIO=3&EIO=4&transport=abc&transport=polling")).status == 200
    assert_error(await request(plain, "GET", f"{ENGINE}?EIO=4&EIO=3&transport=polling"),
                 5, "Unsupported protocol version")
    assert_error(await request(plain, "GET", f"{ENGINE}?EIO=4&transport=polling&transport=abc"),
                 0, "Transport unknown")


async def test_percent_encoded_query_parameters_are_decoded(plain):
    assert (await request(plain, "GET", f"{ENGINE}?%45IO=%34&transport=p%6Flling")).status == 200


class TestTransportsThatAreNotAllowed:
    @pytest.mark.parametrize("transport", ["websocket", "sse"])
    async def test_polling_only(self, polling_only, transport):
        response = await request(polling_only, "GET", f"{ENGINE}?EIO=4&transport={transport}")
        assert_error(response, 0, "Transport unknown")
        session = await PollingSession.open(polling_only)
        assert session.handshake["upgrades"] == []
        await session.expect_working()

    @pytest.mark.parametrize("transport", ["polling", "sse"])
    async def test_websocket_only(self, websocket_only, transport):
        response = await request(websocket_only, "GET", f"{ENGINE}?EIO=4&transport={transport}")
        assert_error(response, 0, "Transport unknown")
        async with await open_session(websocket_only, "websocket") as session:
            await session.expect_working()

    async def test_no_sse(self, no_sse):
        assert_error(await request(no_sse, "GET", f"{ENGINE}?EIO=4&transport=sse"), 0, "Transport unknown")
        session = await PollingSession.open(no_sse)
        assert session.handshake["upgrades"] == ["websocket"]


async def test_a_large_answer_to_a_poll_arrives_whole(plain):
    session = await PollingSession.open(plain)
    messages = ["4" + chr(97 + number % 26) * 99_000 for number in range(30)]
    for start in range(0, 30, 10):
        await session.send(*messages[start:start + 10])
    await session.expect(*messages, limit=DEADLINE)
