# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""WebSocket frames that break RFC 6455, on Engine.IO's WebSocket and on the plain one."""

import asyncio

import pytest

from harness.engine_session import ENGINE, PollingSession, open_session
from harness.timing import seconds, within
from harness.websocket_wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, HandshakeRefused, RawWebSocket, encode_frame

pytestmark = pytest.mark.usefixtures("witness")

PATHS = pytest.mark.parametrize("path", [f"{ENGINE}?EIO=4&transport=websocket", "/ws-echo"], ids=["engine.io",
"ws-echo"])


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
async def test_a_million_tiny_fragments_cost_no_memory(abused, path):
    """CVE-2026-48779."""
    before = abused.resident_bytes()
    async with await opened(abused, path) as socket:
        await socket.send_frame(TEXT, b"4", fin=False)
        fragment = encode_frame(CONTINUATION, b"", fin=False)
        peak = 0
        try:
            for _ in range(100):
                await socket.send_bytes(fragment * 10_000)
                peak = max(peak, abused.resident_bytes() - before)
            await socket.send_frame(CONTINUATION, b"end")
            event = await within(socket.receive(), seconds(60))
            assert event == "4end" or event.code in (1008, 1009, 1002, None), event
        except ConnectionError:
            pass
        assert peak < 64 * 2**20, f"{peak / 2**20:.0f} MiB"


@PATHS
async def test_fragments_of_one_byte_up_to_the_limit_cost_no_memory(abused, path):
    before = abused.resident_bytes()
    async with await opened(abused, path) as socket:
        await socket.send_frame(BINARY, b"", fin=False)
        fragment = encode_frame(CONTINUATION, b"x", fin=False)
        peak = 0
        try:
            for _ in range(20):
                await socket.send_bytes(fragment * 10_000)
                peak = max(peak, abused.resident_bytes() - before)
            await socket.send_frame(CONTINUATION, b"")
            event = await within(socket.receive(), seconds(60))
            assert event == b"".join([b"x"] * len(event)) if isinstance(event, bytes) else event.code, event
        except ConnectionError:
            pass
        assert peak < 64 * 2**20, f"{peak / 2**20:.0f} MiB"


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


class TestDeflate:
    TARGET = f"{ENGINE}?EIO=4&transport=websocket"

    async def negotiate(self, server, offer):
        async with await RawWebSocket.open(server, self.TARGET, [("Sec-WebSocket-Extensions", offer)]) as socket:
            return socket.response.header("Sec-WebSocket-Extensions")

    async def test_is_not_agreed_unless_the_server_offers_it(self, abused):
        assert await self.negotiate(abused, "permessage-deflate") is None

    @pytest.mark.parametrize("offer", ["permessage-deflate", "permessage-deflate; client_max_window_bits",
                                       "x-unknown, permessage-deflate",
                                       "permessage-deflate; server_no_context_takeover",
                                       "permessage-deflate; client_no_context_takeover; server_max_window_bits=10",
                                       'permessage-deflate; server_max_window_bits="10"'])
    async def test_a_valid_offer_is_agreed(self, deflate, offer):
        agreed = await self.negotiate(deflate, offer)
        assert agreed.split(";")[0].strip() == "permessage-deflate"
        parameters = {part.split("=")[0].strip() for part in agreed.split(";")[1:]}
        assert parameters <= {"server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits",
                              "client_max_window_bits"}
        if "client_max_window_bits" not in offer:
            assert "client_max_window_bits" not in parameters, "RFC 7692 7.1.2.2: only when it was offered"
        if "server_no_context_takeover" in offer:
            assert "server_no_context_takeover" in parameters, "RFC 7692 7.1.1.1"

    @pytest.mark.parametrize("offer", [
        "permessage-deflate; server_max_window_bits=7", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=99", "permessage-deflate; unknown_parameter",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits; client_max_window_bits", "x-webkit-deflate-frame",
        "permessage-bzip2"])
    async def test_an_invalid_offer_is_declined(self, deflate, offer):
        """RFC 7692 7.1: declined, the connection goes on without."""
        try:
            assert await self.negotiate(deflate, offer) is None
        except HandshakeRefused as refused:
            assert refused.response.status == 400

    async def test_compressed_noise_is_closed(self, deflate):
        async with await RawWebSocket.open(
                deflate, self.TARGET, [("Sec-WebSocket-Extensions", "permessage-deflate")]) as socket:
            await socket.send_bytes(encode_frame(TEXT, b"\xff" * 50, rsv=4))
            frames = []
            while not frames or frames[-1][2] != CLOSE:
                frames.append(await within(socket.read_frame(), what="the close frame"))
            assert int.from_bytes(frames[-1][3][:2], "big") in (1002, 1003, 1007)
