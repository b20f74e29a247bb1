# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What a client sends in confidence is in no log, also at the level `trace`, and whatever is wrong with it: the query,
cookies and other header fields, what it joins with, events, and the ids by which it is known."""

import json

import pytest

from harness.engine_session import SOCKET, PollingSession, RequestRefused, WebSocketSession
from harness.http_client import HTTPConnection, request
from harness.socketio_session import SocketIOSession
from harness.timing import within
from harness.websocket_wire import CLOSE, HandshakeRefused, RawWebSocket

SECRET = "s3cret-f00d"
FIELDS = [("Cookie", f"io={SECRET}; user={SECRET}"), ("Authorization", f"Bearer {SECRET}"),
          ("Martlet-Forwarded", f"1;{SECRET}"), ("Referer", f"https://a.example/?{SECRET}")]
QUERY = {"token": SECRET}


async def joins(server, transport="websocket", namespace="/"):
    session = await SocketIOSession.open(server, transport, connect=False, headers=FIELDS, query=QUERY)
    await session.send("0" + ("" if namespace == "/" else namespace + ",") + json.dumps({"token": SECRET}))
    return session


async def answer_to(session, prefix):
    while not (await session.receive()).startswith(prefix):
        pass


async def a_session(server):
    secrets = []
    for transport in ["websocket", "sse", "polling"]:
        async with await joins(server, transport) as session:
            connected = json.loads((await session.receive())[1:])
            await session.receive()
            await session.send(f'2["echo","{SECRET}"]')
            assert SECRET in await session.receive()
            secrets += [session.engine.sid, connected["pid"]]
    return secrets


async def a_refused_client(server):
    async with await joins(server, namespace="/guarded") as session:
        assert (await session.receive()).startswith("4/guarded,")


async def an_argument_of_another_type(server):
    async with await joins(server) as session:
        await session.send(f'20["count","{SECRET}"]')
        await answer_to(session, "30[")


async def a_handler_that_cannot_decode(server):
    async with await joins(server) as session:
        await session.send(f'20["sum",["{SECRET}"]]')
        await answer_to(session, "30[")


async def a_refused_admin(server):
    async with await joins(server, namespace="/admin") as session:
        assert (await session.receive()).startswith("4/admin,")


async def a_page_of_another_origin(server):
    for transport in ["websocket", "sse", "polling"]:
        with pytest.raises((HandshakeRefused, RequestRefused)):
            await SocketIOSession.open(
                server, transport, headers=[*FIELDS, ("Origin", "https://evil.example")], query=QUERY)


async def requests_that_are_refused(server):
    session = await PollingSession.open(server, SOCKET, FIELDS, query=QUERY | {"resume": "1"})
    for target in [f"{SOCKET}?EIO=4&transport={SECRET}", f"{SOCKET}?EIO=3&transport=polling&token={SECRET}",
                   f"{SOCKET}?EIO=4&transport=polling&sid={SECRET}", f"{SOCKET}?EIO=4&transport=sse&sid={session.sid}",
                   f"{SOCKET}?EIO=4&transport=polling&sid={session.sid}&attach={SECRET}&ack={SECRET}"]:
        for method in ["GET", "POST", "PUT"]:
            assert (await request(server, method, target, FIELDS, SECRET.encode())).status == 400
    return [session.sid]


async def packets_that_are_none(server):
    for sent in [SECRET, "4" + SECRET, "42" + SECRET, f'40{{"token":"{SECRET}"', f'42/{SECRET},["a"]', f'451-["{SECRET}"']:
        session = await WebSocketSession.open(server, SOCKET, FIELDS, query=QUERY)
        await session.send("40", sent)
        if sent.startswith("451"):
            await session.send(SECRET)
        await session.expect_closed()
        polling = await PollingSession.open(server, SOCKET, FIELDS, query=QUERY)
        await polling.post(("40\x1e" + sent).encode())
        await polling.abandon()
    socket = await RawWebSocket.open(server, f"{SOCKET}?EIO=4&transport=websocket&token={SECRET}", FIELDS)
    await socket.send_frame(CLOSE, b"\x03\xe8" + SECRET.encode())
    await within(socket.connection.wait_closed())


async def requests_that_are_no_http(server):
    for text in [f"GET {SOCKET}?token={SECRET} HTTP/9.9\r\nCookie: {SECRET}\r\n\r\n",
                 f"{SECRET} {SECRET}\r\n\r\n", f"GET {SOCKET} HTTP/1.1\r\nHost: a\r\nCookie {SECRET}\r\n\r\n",
                 f"POST {SOCKET} HTTP/1.1\r\nHost: a\r\nContent-Length: {SECRET}\r\n\r\n"]:
        async with await HTTPConnection.open(server) as connection:
            await connection.send(text.encode())
            await connection.wait_closed()


async def a_state_that_is_no_more(server):
    async with await SocketIOSession.open(server, connect=False) as session:
        await session.send("0" + json.dumps({"pid": SECRET, "offset": SECRET}))
        assert (await session.receive()).startswith("0")


SCENES = {
    # What is done, and what the log says of it, if anything: a test that reads an empty log shows nothing.
    a_session: None, a_refused_client: None, a_state_that_is_no_more: None, requests_that_are_refused: None,
    packets_that_are_none: None, requests_that_are_no_http: None,
    an_argument_of_another_type: "argument 0: Expected Int in 'count'",
    a_handler_that_cannot_decode: "in 'sum'",
    a_refused_admin: "was refused: a wrong token",
    a_page_of_another_origin: "Refused a page of the origin 'https://evil.example'",
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_no_secret_is_in_the_log(servers, scene):
    # A server for each, since no kind of line comes twice in a second.
    admin = "the admins' token of this test " + SECRET
    server = servers.start_own(
        ["--log-level", "trace", "--recovery", "60000", "--admin-token", admin, "--threads", "2"])
    try:
        secrets = [SECRET, *(await scene(server) or [])]
    finally:
        assert server.stop() == 0
    lines = list(server.log)
    assert len(lines) < server.log.maxlen, "the beginning of the log is lost"
    for secret in secrets:
        assert not [line for line in lines if secret in line]
    assert SCENES[scene] is None or any(SCENES[scene] in line for line in lines), lines
