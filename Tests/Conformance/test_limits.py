# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The limits of Protocol.md 5, in each direction and on each transport."""

import asyncio
import zlib

import pytest

from harness.engine_session import ENGINE, PollingSession, WebSocketSession, encode_payload, open_session
from harness.http_client import HTTPConnection, request
from harness.options import SMALL_PAYLOAD
from harness.socketio_session import SocketIOSession
from harness.timing import seconds, within
from harness.websocket_wire import BINARY, CONTINUATION, TEXT, RawWebSocket, encode_frame

HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "sse"])
ALL_TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])


class TestMaxPayload:
    @ALL_TRANSPORTS
    async def test_is_told_in_the_handshake(self, small_payload, transport):
        async with await open_session(small_payload, transport) as session:
            assert session.handshake["maxPayload"] == SMALL_PAYLOAD

    @ALL_TRANSPORTS
    async def test_a_text_of_exactly_the_limit_passes_both_ways(self, small_payload, transport):
        text = "4" + "é" * ((SMALL_PAYLOAD - 2) // 2) + "x"
        assert len(text.encode()) == SMALL_PAYLOAD
        async with await open_session(small_payload, transport) as session:
            await session.send(text)
            await session.expect(text)

    @ALL_TRANSPORTS
    async def test_a_binary_of_exactly_the_limit_passes_both_ways(self, small_payload, transport):
        size = SMALL_PAYLOAD if transport == "websocket" else (SMALL_PAYLOAD - 1) // 4 * 3
        data = bytes(index * 7 & 0xFF for index in range(size))
        async with await open_session(small_payload, transport) as session:
            await session.send(data)
            await session.expect(data)

    @pytest.mark.parametrize("message", ["4" + "x" * SMALL_PAYLOAD, b"\x00" * (SMALL_PAYLOAD + 1)],
                             ids=["text", "binary"])
    async def test_a_websocket_message_past_it_is_closed_with_1009(self, small_payload, message):
        async with await WebSocketSession.open(small_payload) as session:
            await session.send(message)
            assert (await session.expect_closed()).close.code == 1009

    async def test_fragments_that_add_up_past_it_are_closed_with_1009(self, small_payload):
        async with await WebSocketSession.open(small_payload) as session:
            half = b"x" * (SMALL_PAYLOAD // 2 + 1)
            await session.socket.send_frame(TEXT, b"4" + half, fin=False)
            await session.socket.send_frame(CONTINUATION, half, fin=False)
            assert (await session.expect_closed()).close.code == 1009

    @pytest.mark.parametrize("claimed", [SMALL_PAYLOAD + 1, 2**31, 2**32, 2**62, 2**63 - 1])
    async def test_a_frame_that_claims_more_is_closed_before_its_payload_comes(self, small_payload, claimed):
        async with await WebSocketSession.open(small_payload) as session:
            await session.socket.send_frame(BINARY, b"", claimed_length=claimed)
            assert (await session.expect_closed()).close.code == 1009

    @HTTP_TRANSPORTS
    async def test_a_post_past_it_is_413_and_the_session_lives_on(self, small_payload, transport):
        async with await open_session(small_payload, transport) as session:
            response = await session.post("4" + "x" * SMALL_PAYLOAD)
            assert response.status == 413
            await session.expect_working()

    @HTTP_TRANSPORTS
    async def test_a_post_that_claims_more_is_413_before_its_body_comes(self, small_payload, transport):
        async with await open_session(small_payload, transport) as session:
            for claimed in (SMALL_PAYLOAD + 1, 10**12, 2**63 - 1):
                async with await HTTPConnection.open(small_payload) as connection:
                    await connection.send_request("POST", session.target(), [("Content-Length", str(claimed))])
                    assert (await within(connection.read_response(), what="413")).status == 413
            await session.expect_working()

    @HTTP_TRANSPORTS
    async def test_a_chunked_post_past_it_is_413_and_the_session_lives_on(self, small_payload, transport):
        async with await open_session(small_payload, transport) as session:
            async with await HTTPConnection.open(small_payload) as connection:
                await connection.send(connection.head("POST", session.target(), [("Transfer-Encoding", "chunked")]))
                try:
                    for _ in range(SMALL_PAYLOAD // 1000 + 1):
                        await connection.send(b"3e8\r\n" + b"4" * 1000 + b"\r\n")
                except ConnectionError:
                    pass
                assert (await within(connection.read_response(), what="413")).status == 413
            await session.expect_working()

    @HTTP_TRANSPORTS
    async def test_the_whole_body_counts_not_each_packet(self, small_payload, transport):
        async with await open_session(small_payload, transport) as session:
            packets = ["4" + "x" * (SMALL_PAYLOAD // 2)] * 2
            assert (await session.post(encode_payload(packets))).status == 413
            await session.expect_working()

    @ALL_TRANSPORTS
    async def test_what_the_server_sends_is_not_bound_by_it(self, small_payload, transport):
        """`message-back` is longer than `message`, so the answer to the longest allowed event exceeds the limit."""
        async with await SocketIOSession.open(small_payload, transport) as session:
            text = "x" * (SMALL_PAYLOAD - len('42["message",""]'))
            await session.send(f'2["message","{text}"]')
            await session.expect(f'2["message-back","{text}"]')

    async def test_polling_delivers_more_than_it_in_one_or_several_answers(self, small_payload):
        session = await PollingSession.open(small_payload)
        messages = [f"4{number:04}" + "x" * 9000 for number in range(20)]
        for message in messages:
            await session.send(message)
        await session.expect(*messages)

    async def test_a_deflated_message_is_measured_after_inflating(self, deflate):
        extension = [("Sec-WebSocket-Extensions", "permessage-deflate")]
        async with await RawWebSocket.open(deflate, f"{ENGINE}?EIO=4&transport=websocket", extension) as socket:
            assert "permessage-deflate" in socket.response.header("Sec-WebSocket-Extensions")
            compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
            bomb = compressor.compress(b"4" + b"x" * 50_000_000) + compressor.flush(zlib.Z_SYNC_FLUSH)
            bomb = bomb.removesuffix(b"\x00\x00\xff\xff")
            for start in range(0, len(bomb), 10_000):
                first, last = start == 0, start + 10_000 >= len(bomb)
                try:
                    await socket.send_frame(TEXT if first else CONTINUATION, bomb[start:start + 10_000],
                                            fin=last, rsv=4 if first else 0)
                except ConnectionError:
                    break
            frames = []
            while not frames or frames[-1][2] != 8:
                frames.append(await within(socket.read_frame(), what="the close frame"))
            assert int.from_bytes(frames[-1][3][:2], "big") == 1009


class TestAttachments:
    @ALL_TRANSPORTS
    async def test_ten_are_taken_and_eleven_close_the_connection(self, plain, transport):
        places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(11))
        async with await SocketIOSession.open(plain, transport) as session:
            packet = f'4511-["message",{places}]'
            if transport == "websocket":
                await session.engine.send(packet)
            else:
                await session.engine.post(packet)
            await session.expect_closed()


class TestHead:
    @pytest.mark.parametrize("shape", ["one header", "many headers", "the target"])
    async def test_past_16_KiB_is_431(self, abused, witness, shape):
        target, headers = "/healthz", []
        if shape == "one header":
            headers = [("X-Long", "x" * 17 * 1024)]
        elif shape == "many headers":
            headers = [(f"X-{number}", "x" * 30) for number in range(500)]
        else:
            target = f"{ENGINE}?EIO=4&transport=polling&t=" + "x" * 17 * 1024
        async with await HTTPConnection.open(abused) as connection:
            await connection.send_request("GET", target, headers)
            response = await within(connection.read_response())
            assert response.status in ((431, 414) if shape == "the target" else (431,))
            await connection.wait_closed()

    async def test_one_that_grows_for_ever_is_431_and_cut_off(self, abused, witness):
        async with await HTTPConnection.open(abused) as connection:
            sent = 0
            try:
                await connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
                while sent < 64 * 2**20 and not connection.reader._buffer and not connection.reader.at_eof():
                    await connection.send(b"x" * 4096)
                    await asyncio.sleep(0)
                    sent += 4096
            except ConnectionError:
                pass
            assert sent < 16 * 2**20, "megabytes of head were taken"
            received = await connection.wait_closed()
            assert received == b"" or b" 431 " in received.split(b"\r\n")[0]

    async def test_15_KiB_are_taken(self, plain):
        response = await request(plain, "GET", f"{ENGINE}?EIO=4&transport=polling", [("X-Long", "x" * 15 * 1024)])
        assert response.status == 200

    async def test_one_that_never_ends_is_408_within_its_limit(self, abused, witness):
        """10 s for the head to arrive; dripping does not prolong it."""
        loop = asyncio.get_running_loop()
        async with (await HTTPConnection.open(abused) as dripping, await HTTPConnection.open(abused) as half,
                    await HTTPConnection.open(abused) as silent):
            begun = loop.time()
            await dripping.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
            await half.send(b"GET /healthz HTTP/1.1\r\nHos")

            async def drip():
                try:
                    while True:
                        await dripping.send(b"X: y\r\n")
                        await asyncio.sleep(0.5)
                except ConnectionError:
                    pass
            dripper = asyncio.ensure_future(drip())
            ends = await asyncio.gather(dripping.wait_closed(seconds(15)), half.wait_closed(seconds(15)))
            took = loop.time() - begun
            dripper.cancel()
            for received in ends:
                assert received.startswith(b"HTTP/1.1 408 "), received[:60]
            assert took >= 9
            # A connection that never said anything need not be told anything, but is not kept either.
            received = await silent.wait_closed(seconds(10))
            assert received == b"" or received.startswith(b"HTTP/1.1 408 ")

    async def test_an_idle_kept_alive_connection_is_not_408(self, plain):
        async with await HTTPConnection.open(plain) as connection:
            assert (await connection.request("GET", "/healthz")).status == 200
            await asyncio.sleep(0.3)
            assert (await connection.request("GET", "/healthz")).status == 200


class TestSlowReader:
    MESSAGE = "x" * 100_000

    async def slow_session(self, server, transport, room):
        """A session in a room that reads nothing from now on: this end stops reading at 16 KiB."""
        options = {} if transport == "polling" else {"receive_buffer": 8192}
        session = await SocketIOSession.open(server, transport, **options)
        await session.send(f'21["join","{room}"]')
        await session.expect("31[1]")
        return session

    async def fill(self, sender, room, messages):
        """Sends to the room, and waits until the server has taken it all; answers the room's size."""
        for _ in range(messages):
            await sender.send(f'2["to-room","{room}","flood","{self.MESSAGE}"]')
        await sender.send(f'29["room-size","{room}"]')
        return int((await sender.receive(seconds(30)))[3:-1])

    @ALL_TRANSPORTS
    async def test_one_that_does_not_read_is_closed_and_memory_stays_bounded(self, abused, witness, transport):
        room = f"slow-{transport}"
        before, stats = abused.resident_bytes(), abused.stats()
        session = await self.slow_session(abused, transport, room)
        async with await SocketIOSession.open(abused) as sender:
            sent = 0
            while await self.fill(sender, room, 10) > 0:
                sent += 10 * len(self.MESSAGE)
                assert sent < 64 * 2**20, "it is still there after 64 MiB that it did not read"
            assert sent > 10 * 2**20, "16 MiB are kept for a slow reader"
            grown = abused.resident_bytes() - before
            assert grown < 100 * 2**20, f"{grown / 2**20:.0f} MiB for one slow reader"
            now = abused.stats()
            assert now["slowReceivers"] == stats["slowReceivers"] + 1
            assert now["unsentBytes"] <= stats["unsentBytes"] + 2**20, "what it was not sent is let go"
            await sender.expect_working()
        await session.expect_closed(limit=seconds(30))

    @ALL_TRANSPORTS
    async def test_volatile_events_are_dropped_for_it_and_nothing_else_is_lost(self, abused, witness, transport):
        room = f"volatile-{transport}"
        session = await self.slow_session(abused, transport, room)
        async with await SocketIOSession.open(abused) as sender:
            assert await self.fill(sender, room, 100) == 1, "10 MB must not close it"
        await session.send('2["volatile",1000]', '2["count",1000]', '2["message","end"]')
        for _ in range(100):
            await session.expect(f'2["flood","{self.MESSAGE}"]', limit=seconds(30))
        for number in range(1, 1001):
            await session.expect(f'2["tick",{number}]')
        await session.expect('2["message-back","end"]')
        await session.expect_working()
        await session.engine.abandon()

    async def test_a_fast_sender_is_held_back_while_a_client_does_not_read_its_echoes(self, abused, witness):
        """Messages that come in while the answers pile up: closed past 16 MiB, or held back; never kept without end."""
        before = abused.resident_bytes()
        session = await WebSocketSession.open(abused, receive_buffer=8192)
        session.socket.connection.writer.transport.pause_reading()
        frame = encode_frame(BINARY, b"x" * 100_000)
        sent = 0

        async def flood():
            nonlocal sent
            while sent < 100 * 2**20:
                await session.socket.send_bytes(frame)
                sent += len(frame)
        try:
            await asyncio.wait_for(flood(), seconds(5))
        except (asyncio.TimeoutError, TimeoutError, ConnectionError):
            pass
        grown = abused.resident_bytes() - before
        assert grown < 150 * 2**20, f"{grown / 2**20:.0f} MiB for one slow reader"
        connection = session.socket.connection
        connection.writer.transport.resume_reading()
        echoed = len(await connection.wait_closed(seconds(30))) if sent >= 100 * 2**20 else 0
        assert echoed < sent / 2, "past 16 MiB it is closed"
        connection.reset()
