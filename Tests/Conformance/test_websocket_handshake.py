# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The opening handshake, header by header (RFC 6455, 4.2; RFC 7692, 5 and 7.1), on each path that upgrades."""

import pytest

from harness.engine_session import ENGINE, SOCKET, PollingSession
from harness.http_client import HTTPConnection
from harness.timing import within
from harness.websocket_wire import CLOSE, PING, PONG, TEXT, RawWebSocket, encode_frame

WS_ECHO = "/ws-echo"
PATHS = pytest.mark.parametrize("path", [WS_ECHO, f"{ENGINE}?EIO=4&transport=websocket",
                                         f"{SOCKET}?EIO=4&transport=websocket"],
                                ids=["ws-echo", "engine.io", "socket.io"])

# RFC 6455, 1.3.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
VALID = {"Upgrade": ["websocket"], "Connection": ["Upgrade"], "Sec-WebSocket-Version": ["13"],
         "Sec-WebSocket-Key": [KEY]}


async def handshake(server, path, method="GET", version="HTTP/1.1", **lines):
    """The answer to a valid handshake with these differences: a list of lines for each name, `_` standing for `-`."""
    changed = VALID | {name.replace("_", "-"): values for name, values in lines.items()}
    headers = [(name, value) for name, values in changed.items() for value in values]
    async with await HTTPConnection.open(server) as connection:
        head = connection.head(method, path, headers)
        await connection.send(head.replace(b"HTTP/1.1", version.encode(), 1))
        return await within(connection.read_response(method), what="an answer")


@PATHS
@pytest.mark.parametrize("lines", [
    {}, dict(Upgrade=["WebSocket"]), dict(Upgrade=["h2c, WEBSOCKET"]), dict(Upgrade=["h2c", "websocket"]),
    dict(Upgrade=["websocket", "websocket"]), dict(Connection=["upgrade"]), dict(Connection=["keep-alive, UPGRADE"]),
    dict(Connection=["keep-alive ,\tUpgrade ,"]), dict(Connection=["keep-alive", "Upgrade"]),
    dict(Connection=["Upgrade", "Upgrade"]),
], ids=str)
async def test_tokens_in_any_case_in_lists_and_on_several_lines_are_taken(plain, path, lines):
    response = await handshake(plain, path, **lines)
    assert response.status == 101
    assert response.header("Sec-WebSocket-Accept") == ACCEPT
    assert response.header("Upgrade").lower() == "websocket"
    assert response.header("Connection").lower() == "upgrade"


@PATHS
@pytest.mark.parametrize("lines", [
    dict(Upgrade=[]), dict(Upgrade=["h2c"]), dict(Upgrade=["websockets"]), dict(Upgrade=[""]),
    dict(Connection=[]), dict(Connection=["keep-alive"]), dict(Connection=["close"]), dict(Connection=["upgrades"]),
    dict(Sec_WebSocket_Key=[]), dict(Sec_WebSocket_Key=[""]), dict(Sec_WebSocket_Key=["short"]),
    dict(Sec_WebSocket_Key=[KEY[:-1]]), dict(Sec_WebSocket_Key=[KEY + "="]), dict(Sec_WebSocket_Key=["A" * 24]),
    dict(Sec_WebSocket_Key=["!" * 22 + "=="]), dict(Sec_WebSocket_Key=[KEY.replace("=", ".")]),
    dict(Sec_WebSocket_Key=[KEY, KEY]), dict(Sec_WebSocket_Key=[f"{KEY}, {KEY}"]),
    dict(Sec_WebSocket_Version=["13", "13"]), dict(Sec_WebSocket_Version=["8", "13"]),
    dict(Sec_WebSocket_Protocol=["a b"]), dict(Sec_WebSocket_Protocol=['"quoted"']),
    dict(Sec_WebSocket_Extensions=["permessage-deflate; ="]), dict(Sec_WebSocket_Extensions=["a b"]),
    dict(Sec_WebSocket_Extensions=['permessage-deflate; server_max_window_bits="10']),
], ids=str)
async def test_what_breaks_the_grammar_or_lacks_a_part_is_400(plain, path, lines):
    """CVE-2022-41940: a crafted upgrade request."""
    response = await handshake(plain, path, **lines)
    assert response.status == 400
    assert response.header("Sec-WebSocket-Accept") is None


@PATHS
@pytest.mark.parametrize("version", [[], [""], ["12"], ["8"], ["14"], ["013"], ["13, 8"], ["x"]], ids=str)
async def test_another_version_or_none_is_426_and_told_the_right_one(plain, path, version):
    """RFC 6455, 4.4."""
    response = await handshake(plain, path, Sec_WebSocket_Version=version)
    assert response.status == 426
    assert response.header("Sec-WebSocket-Version") == "13"


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT"])
@PATHS
async def test_another_method_is_refused(plain, path, method):
    response = await handshake(plain, path, method)
    if path == WS_ECHO:
        assert response.status == 405
        assert response.header("Allow") == "GET"
    else:
        assert response.status == 400
        assert method == "HEAD" or response.text == '{"code":2,"message":"Bad handshake method"}'


@PATHS
async def test_http_1_0_cannot_be_upgraded(plain, path):
    """RFC 6455, 4.1: at least 1.1."""
    assert (await handshake(plain, path, version="HTTP/1.0")).status == 400


@PATHS
async def test_a_refused_handshake_does_not_wait_for_its_session(own_server, path):
    """Nothing is left of it: what asks again on a new connection is served."""
    for lines in (dict(Sec_WebSocket_Key=[]), dict(Sec_WebSocket_Version=["8"])):
        await handshake(own_server, path, **lines)
    assert own_server.stats()["sessions"] == 0
    assert (await handshake(own_server, path)).status == 101


@pytest.mark.parametrize("lines", [dict(Sec_WebSocket_Key=["short"]), dict(Sec_WebSocket_Version=["8"])], ids=str)
async def test_a_refused_upgrade_leaves_its_polling_session_alone(plain, lines):
    session = await PollingSession.open(plain)
    path = session.target().replace("=polling", "=websocket")
    assert (await handshake(plain, path, **lines)).status in (400, 426)
    await session.expect_working()


@PATHS
@pytest.mark.parametrize("offered", [["chat"], ["v1, v2", "chat"]], ids=str)
async def test_the_first_subprotocol_is_answered_by_sessions_and_none_by_a_plain_websocket(plain, path, offered):
    """A browser gives up a WebSocket that agrees to none. RFC 6455, 4.2.2: without one the header is left out."""
    response = await handshake(plain, path, Sec_WebSocket_Protocol=offered)
    assert response.status == 101
    first = offered[0].split(",")[0]
    assert response.header("Sec-WebSocket-Protocol") == (None if path == "/ws-echo" else first)


AGREED = "permessage-deflate"
OFFERS = [
    # As the client wishes, for a server that wishes nothing itself.
    ([AGREED], AGREED), (["PerMessage-Deflate"], AGREED),
    ([f"{AGREED}; client_max_window_bits"], AGREED),
    ([f"{AGREED}; client_max_window_bits=11"], f"{AGREED}; client_max_window_bits=11"),
    ([f"{AGREED}; server_max_window_bits=10"], f"{AGREED}; server_max_window_bits=10"),
    ([f"{AGREED}; server_max_window_bits=15"], f"{AGREED}; server_max_window_bits=15"),
    ([f'{AGREED}; server_max_window_bits="10"'], f"{AGREED}; server_max_window_bits=10"),
    ([f'{AGREED}; server_max_window_bits="1\\0"'], f"{AGREED}; server_max_window_bits=10"),
    ([f"{AGREED} ;\tSERVER_NO_CONTEXT_TAKEOVER"], f"{AGREED}; server_no_context_takeover"),
    ([f"{AGREED}; client_no_context_takeover; server_no_context_takeover"],
     f"{AGREED}; server_no_context_takeover; client_no_context_takeover"),
    # Several offers: the first that can be accepted.
    ([f"x-unknown; a=1, {AGREED}"], AGREED), (["x-unknown", AGREED], AGREED), ([f"{AGREED}, x-unknown"], AGREED),
    ([f", ,{AGREED},,"], AGREED),
    ([f"{AGREED}; server_max_window_bits=7, {AGREED}; server_max_window_bits=9"],
     f"{AGREED}; server_max_window_bits=9"),
    ([f"{AGREED}; unknown", f"{AGREED}; server_max_window_bits=12, {AGREED}"], f"{AGREED}; server_max_window_bits=12"),
    ([f"{AGREED}; server_max_window_bits=8, {AGREED}"], AGREED),
    ([AGREED, f"{AGREED}; server_max_window_bits=9"], AGREED),
    ([*["x-unknown; a; b=2"] * 50, AGREED], AGREED),
    # None that can.
    (["permessage-bzip2"], None), (["x-webkit-deflate-frame"], None), ([""], None),
    *(([f"{AGREED}; {parameters}"], None) for parameters in (
        "unknown", "unknown=1", "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=010", "server_max_window_bits=-9", "server_max_window_bits=8",
        'server_max_window_bits="9."', "client_max_window_bits=7", "client_max_window_bits=99",
        "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_max_window_bits=10; server_max_window_bits=10", "client_max_window_bits; client_max_window_bits=10",
        "server_no_context_takeover; server_no_context_takeover")),
]


@PATHS
@pytest.mark.parametrize("offered, agreed", OFFERS, ids=lambda value: str(value)[:100])
async def test_the_first_acceptable_offer_of_compression_is_taken(deflate_takeover, path, offered, agreed):
    response = await handshake(deflate_takeover, path, Sec_WebSocket_Extensions=offered)
    assert response.status == 101
    assert response.header("Sec-WebSocket-Extensions") == agreed


@PATHS
async def test_no_offer_is_taken_by_a_server_without_compression(plain, path):
    response = await handshake(plain, path, Sec_WebSocket_Extensions=[AGREED])
    assert response.status == 101
    assert response.header("Sec-WebSocket-Extensions") is None


async def test_frames_that_follow_the_handshake_in_one_write_are_taken(plain):
    async with await HTTPConnection.open(plain) as connection:
        headers = [(name, value) for name, values in VALID.items() for value in values]
        await connection.send(connection.head("GET", WS_ECHO, headers)
                              + encode_frame(TEXT, b"at once") + encode_frame(PING, b"p"))
        response = await within(connection.read_response())
        socket = RawWebSocket(connection, response)
        assert await socket.next() == "at once"
        assert await within(socket.read_frame()) == (True, 0, PONG, b"p")
        await socket.send_frame(CLOSE)
        assert (await socket.wait_closed()).code in (1000, 1005)


@pytest.mark.parametrize("headers, body", [
    ([("Content-Length", "3")], b"abc"), ([("Transfer-Encoding", "chunked")], b"3\r\nabc\r\n0\r\n\r\n"),
    ([("Content-Length", "0")], b""),
], ids=["of a known length", "in chunks", "empty"])
async def test_a_body_is_read_as_a_body_and_frames_only_after_it(plain, headers, body):
    """RFC 9110, 7.8: the protocol changes after the request."""
    async with await HTTPConnection.open(plain) as connection:
        headers = RawWebSocket.handshake_headers(KEY) + headers
        await connection.send(connection.head("GET", f"{ENGINE}?EIO=4&transport=websocket", headers)
                              + body + encode_frame(TEXT, b"4hello"))
        socket = RawWebSocket(connection, await within(connection.read_response()))
        assert (await socket.next()).startswith("0{")
        assert await socket.next() == "4hello"
