# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""WebSocket frames that break RFC 6455, on Engine.IO's WebSocket and on the plain one."""

import asyncio
import os

import pytest

from harness.deflate_socket import Deflater, DeflateSocket
from harness.engine_session import ENGINE, PollingSession, open_session
from harness.timing import seconds, within
from harness.websocket_wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, RawWebSocket, encode_frame

pytestmark = pytest.mark.usefixtures("witness")

PATHS = pytest.mark.parametrize("path", [f"{ENGINE}?EIO=4&transport=websocket", "/ws-echo"], ids=["engine.io", "ws-echo"])
MAX_FRAGMENTS = 100_000


async def opened(server, path):
    socket = await RawWebSocket.open(server, path)
    if path.startswith(ENGINE):
        assert (await socket.next()).startswith("0{")
    return socket


@PATHS
@pytest.mark.parametrize("data, codes", [
    pytest.param(encode_frame(TEXT, b"4\xff"), (1007,), id="text that is not UTF-8"),
    pytest.param(encode_frame(TEXT, b"4\xed\xa0\x80"), (1007,), id="a surrogate in UTF-8"),
    pytest.param(encode_frame(TEXT, b"4\xc3"), (1007,), id="a character cut off"),
    pytest.param(encode_frame(TEXT, b"4\xff", fin=False), (1007,), id="a fragment that cannot become UTF-8"),
    pytest.param(encode_frame(TEXT, b"4x", masked=False), (1002,), id="no mask"),
    pytest.param(encode_frame(TEXT, b"4x", rsv=1), (1002,), id="reserved bit 3"),
    pytest.param(encode_frame(TEXT, b"4x", rsv=2), (1002,), id="reserved bit 2 (CVE-2022-21676)"),
    pytest.param(encode_frame(TEXT, b"4x", rsv=4), (1002,), id="compressed, never agreed"),
    pytest.param(encode_frame(3, b""), (1002,), id="opcode 3"),
    pytest.param(encode_frame(7, b"x"), (1002,), id="opcode 7"),
    pytest.param(encode_frame(0xB, b""), (1002,), id="opcode 11"),
    pytest.param(encode_frame(0xF, b"x"), (1002,), id="opcode 15"),
    pytest.param(encode_frame(CONTINUATION, b"x"), (1002,), id="a continuation of nothing"),
    pytest.param(encode_frame(TEXT, b"4", fin=False) + encode_frame(TEXT, b"x"), (1002,), id="text within text"),
    pytest.param(encode_frame(PING, b"x" * 126), (1002,), id="a ping of 126 bytes"),
    pytest.param(encode_frame(PING, b"x", fin=False), (1002,), id="a ping in fragments"),
    pytest.param(encode_frame(CLOSE, b"x" * 126), (1002,), id="a close of 126 bytes"),
    pytest.param(encode_frame(CLOSE, b"\x03"), (1002,), id="a close of one byte"),
    pytest.param(encode_frame(CLOSE, b"\x03\xec"), (1002,), id="close code 1004"),
    pytest.param(encode_frame(CLOSE, b"\x03\xed"), (1002,), id="close code 1005"),
    pytest.param(encode_frame(CLOSE, b"\x00\x00"), (1002,), id="close code 0"),
    pytest.param(encode_frame(CLOSE, b"\xff\xff"), (1002,), id="close code 65535"),
    pytest.param(encode_frame(CLOSE, b"\x03\xe8\xff"), (1007, 1002), id="a close reason that is not UTF-8"),
    pytest.param(encode_frame(BINARY, b"", claimed_length=2**63), (1002, 1009), id="a length with its top bit set"),
    pytest.param(encode_frame(BINARY, b"", claimed_length=2**64 - 1), (1002, 1009), id="a length of 2^64-1"),
    pytest.param(encode_frame(BINARY, b"", claimed_length=2**63 - 1), (1009,), id="a length of 2^63-1"),
    pytest.param(encode_frame(BINARY, b"", claimed_length=2**32), (1009,), id="a length of 4 GiB (CVE-2016-10542)"),
    pytest.param(encode_frame(BINARY, b"x", length_bytes=8), (1002, None), id="one byte in the longest length form"),
])
async def test_a_broken_frame_is_closed_with_its_code(abused, path, data, codes):
    async with await opened(abused, path) as socket:
        await socket.send_bytes(data)
        if None in codes:
            # RFC 6455 5.2 forbids it to senders and does not tell receivers what to do.
            assert await socket.next() is not None
            return
        closed = await socket.wait_closed()
        assert closed.code in codes, closed


@PATHS
@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1009, 1011, 3000, 4999])
async def test_a_close_code_is_echoed(abused, path, code):
    async with await opened(abused, path) as socket:
        closed = await socket.close(code)
        assert closed.code in (code, 1000)


@PATHS
async def test_pings_are_answered_in_the_middle_of_a_message(abused, path):
    async with await opened(abused, path) as socket:
        await socket.send_frame(TEXT, b"4hel", fin=False)
        await socket.send_frame(PING, b"are you there")
        assert await within(socket.read_frame()) == (True, 0, 0xA, b"are you there")
        await socket.send_frame(CONTINUATION, b"lo")
        assert await socket.next() == "4hello"


@PATHS
async def test_a_message_that_arrives_byte_by_byte_is_echoed(abused, path):
    async with await opened(abused, path) as socket:
        data = encode_frame(TEXT, "4é".encode()[:2], fin=False) + encode_frame(PING, b"p") \
            + encode_frame(CONTINUATION, "é".encode()[1:]) + encode_frame(BINARY, bytes(300))
        for index in range(len(data)):
            await socket.send_bytes(data[index:index + 1])
        assert await within(socket.read_frame()) == (True, 0, 0xA, b"p")
        assert [await socket.next(), await socket.next()] == ["4é", bytes(300)]


@PATHS
@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "one byte"])
async def test_a_million_fragments_are_cut_off_and_cost_no_memory(abused, path, payload):
    """CVE-2026-48779."""
    async with await opened(abused, path) as socket:
        before = abused.resident_bytes()
        abused.forget_most_resident_bytes()
        await socket.send_frame(TEXT, b"4", fin=False)
        fragments = encode_frame(CONTINUATION, payload, fin=False) * 10_000
        try:
            for _ in range(100):
                await socket.send_bytes(fragments)
        except ConnectionError:
            pass  # it has closed before the end
        closed = await socket.wait_closed(seconds(30))
        assert closed.code == 1008, closed
    grown = abused.most_resident_bytes() - before
    assert grown < 8 * 2**20, f"{grown / 2**20:.1f} MiB"


@PATHS
async def test_as_many_fragments_as_are_allowed_are_one_message(abused, path):
    async with await opened(abused, path) as socket:
        before = abused.resident_bytes()
        abused.forget_most_resident_bytes()
        fragments = encode_frame(CONTINUATION, b"x", fin=False) * (MAX_FRAGMENTS - 2)
        await socket.send_bytes(encode_frame(BINARY, b"", fin=False) + fragments + encode_frame(CONTINUATION, b""))
        assert await socket.next(seconds(30)) == b"x" * (MAX_FRAGMENTS - 2)
        await socket.send_bytes(encode_frame(BINARY, b"", fin=False) + fragments
                                + encode_frame(CONTINUATION, b"", fin=False) + encode_frame(CONTINUATION, b""))
        assert (await socket.wait_closed(seconds(30))).code == 1008
    grown = abused.most_resident_bytes() - before
    assert grown < 8 * 2**20, f"{grown / 2**20:.1f} MiB"


@PATHS
async def test_a_flood_of_pings_is_answered_or_cut_off_with_bounded_memory(abused, path):
    before = abused.resident_bytes()
    async with await opened(abused, path) as socket:
        socket.connection.writer.transport.pause_reading()
        pings = encode_frame(PING, b"x" * 125) * 1000
        try:
            for _ in range(400):  # about 50 MB
                await asyncio.wait_for(socket.send_bytes(pings), seconds(2))
        except (ConnectionError, TimeoutError, asyncio.TimeoutError):
            pass
        grown = abused.resident_bytes() - before
        assert grown < 64 * 2**20, f"{grown / 2**20:.0f} MiB"
        socket.connection.reset()


@pytest.mark.parametrize("data", [
    encode_frame(TEXT, b"2probe", rsv=2), encode_frame(TEXT, b"2probe", masked=False), encode_frame(TEXT, b"\xff"),
    encode_frame(CLOSE, b"\x03"), b"\xff" * 100,
], ids=["RSV2 (CVE-2022-21676)", "no mask", "not UTF-8", "a bad close", "noise"])
async def test_a_broken_frame_on_a_probe_ends_only_the_probe(abused, data):
    session = await PollingSession.open(abused)
    async with await RawWebSocket.open(abused, session.target().replace("=polling", "=websocket")) as socket:
        await socket.send_bytes(data)
        await socket.wait_closed()
    await session.send("4still here")
    while (packet := await session.receive()) == "6":
        pass
    assert packet == "4still here"


async def test_a_frame_cut_off_by_the_end_of_the_connection_delivers_nothing(abused):
    async with await open_session(abused, "websocket") as session:
        await session.socket.send_bytes(encode_frame(TEXT, b"4" + b"x" * 1000)[:500])
        session.socket.connection.reset()


def deflated(*texts):
    """Messages of which each may refer to those before it."""
    deflater = Deflater(15, no_takeover=False)
    return [deflater.deflate(text) for text in texts]


WHOLE, REFERRING = deflated(*[b"4" + os.urandom(500).hex().encode()] * 2)


@PATHS
@pytest.mark.parametrize("data, code", [
    pytest.param(encode_frame(TEXT, b"\xff" * 50, rsv=4), 1007, id="noise"),
    pytest.param(encode_frame(TEXT, WHOLE[:-20], rsv=4), 1007, id="the end is missing"),
    pytest.param(encode_frame(TEXT, REFERRING, rsv=4), 1007, id="a reference to nothing"),
    pytest.param(encode_frame(TEXT, WHOLE, rsv=4) + encode_frame(TEXT, REFERRING, rsv=4), 1007,
                 id="a reference to what was to be forgotten"),
    pytest.param(encode_frame(TEXT, *deflated(b"4\xff"), rsv=4), 1007, id="text that is not UTF-8"),
    pytest.param(encode_frame(TEXT, WHOLE[:9], rsv=4, fin=False) + encode_frame(CONTINUATION, WHOLE[9:], rsv=4), 1002,
                 id="a continuation marked as compressed"),
    pytest.param(encode_frame(PING, WHOLE[:9], rsv=4), 1002, id="a ping marked as compressed"),
    pytest.param(encode_frame(TEXT, WHOLE, rsv=6), 1002, id="two reserved bits"),
])
async def test_broken_compression_is_closed_with_its_code(abused_deflate, path, data, code):
    async with await DeflateSocket.open(abused_deflate, path) as socket:
        await socket.socket.send_bytes(data)
        assert await socket.close_code() == code
