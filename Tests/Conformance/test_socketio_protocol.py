# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Socket.IO 5: every case of the official protocol suite that is not Engine.IO's (those run on both paths in
test_engine_protocol.py), on all three transports, compared as exact text."""

import asyncio
import json
import re

import pytest

from harness.engine_session import SOCKET, SessionEnded, open_session
from harness.options import CONNECT_TIMEOUT
from harness.socketio_session import SocketIOSession
from harness.timing import within

pytestmark = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])


def connected(server, transport, **options):
    return SocketIOSession.open(server, transport, **options)


class TestConnect:
    async def test_should_allow_connection_to_the_main_namespace(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send("0")
            answer = await session.receive()
            assert re.fullmatch(r'0\{"sid":"[A-Za-z0-9_-]+"\}', answer)
            assert json.loads(answer[1:])["sid"] != session.engine.sid, "the public id must not give the session away"
            await session.expect('2["auth",{}]')

    async def test_should_allow_connection_to_the_main_namespace_with_a_payload(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send('0{"token":"123"}')
            assert re.fullmatch(r'0\{"sid":"[A-Za-z0-9_-]+"\}', await session.receive())
            await session.expect('2["auth",{"token":"123"}]')

    async def test_should_allow_connection_to_a_custom_namespace(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send("0/custom,")
            assert re.fullmatch(r'0/custom,\{"sid":"[A-Za-z0-9_-]+"\}', await session.receive())
            await session.expect('2/custom,["auth",{}]')

    async def test_should_allow_connection_to_a_custom_namespace_with_a_payload(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send('0/custom,{"token":"abc"}')
            assert re.fullmatch(r'0/custom,\{"sid":"[A-Za-z0-9_-]+"\}', await session.receive())
            await session.expect('2/custom,["auth",{"token":"abc"}]')

    async def test_should_disallow_connection_to_an_unknown_namespace(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send("0/random")
            await session.expect('4/random,{"message":"Invalid namespace"}')
            # The connection stays.
            await session.connect()

    async def test_should_disallow_connection_with_an_invalid_handshake(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            engine_answer = await post_or_send(session, "4abc")
            assert engine_answer in (None, 200, 400)
            await session.expect_closed()

    async def test_should_close_the_connection_if_no_handshake_is_received(self, official, transport):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with await connected(official, transport, connect=False) as session:
            with pytest.raises(AssertionError, match="did not happen"):
                await expect_closed_answering_pings(session, CONNECT_TIMEOUT * 0.7 / 1000)
        async with await connected(official, transport, connect=False) as session:
            begun = loop.time()
            await expect_closed_answering_pings(session, CONNECT_TIMEOUT / 1000 + 3)
        assert loop.time() - begun >= CONNECT_TIMEOUT * 0.95 / 1000


async def post_or_send(session, packet):
    """Sends something that may be refused at once; answers the POST's status where there is one."""
    if session.engine.transport == "websocket":
        await session.engine.send(packet)
        return None
    return (await session.engine.post(packet)).status


async def expect_closed_answering_pings(session, limit):

    async def drain():
        while True:
            try:
                if await session.engine.receive(limit) == "1":
                    return
            except SessionEnded:
                return
    await within(drain(), limit, "the end of the connection")


class TestDisconnect:
    async def test_should_disconnect_from_the_main_namespace(self, official, transport):
        async with await connected(official, transport) as session:
            session.engine.answers_pings = False
            await session.send("1")
            # No answer: the next packet is the ping.
            assert await session.engine.receive_any() == "2"
            await session.engine.send("3")
            # A packet for the namespace that was left now closes the connection (as the reference server has it).
            await post_or_send(session, '42["echo",1]')
            await session.expect_closed()

    async def test_should_connect_then_disconnect_from_a_custom_namespace(self, official, transport):
        async with await connected(official, transport) as session:
            await session.connect("/custom")
            await session.send("1/custom,")
            await session.send('2["message","message to main namespace"]')
            await session.expect('2["message-back","message to main namespace"]')

    async def test_a_namespace_can_be_left_without_the_comma_and_joined_again(self, official, transport):
        async with await connected(official, transport) as session:
            first = await session.connect("/custom")
            await session.send("1/custom")
            assert await session.connect("/custom") != first


class TestMessage:
    async def test_should_send_a_plain_text_packet(self, official, transport):
        async with await connected(official, transport) as session:
            await session.send('2["message",1,"2",{"3":[true]}]')
            await session.expect('2["message-back",1,"2",{"3":[true]}]')

    async def test_should_send_a_packet_with_binary_attachments(self, official, transport):
        async with await connected(official, transport) as session:
            await session.send(
                '52-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
                b"\x01\x02\x03", b"\x04\x05\x06")
            await session.expect(
                '52-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
                b"\x01\x02\x03", b"\x04\x05\x06")

    async def test_should_send_a_plain_text_packet_with_an_ack(self, official, transport):
        async with await connected(official, transport) as session:
            await session.send('2456["message-with-ack",1,"2",{"3":[false]}]')
            await session.expect('3456[1,"2",{"3":[false]}]')

    async def test_should_send_a_packet_with_binary_attachments_and_an_ack(self, official, transport):
        async with await connected(official, transport) as session:
            await session.send(
                '52-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
                b"\x01\x02\x03", b"\x04\x05\x06")
            await session.expect(
                '62-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
                b"\x01\x02\x03", b"\x04\x05\x06")

    @pytest.mark.parametrize("packet", [
        pytest.param("4abc", id="unknown packet type"),
        pytest.param("42{}", id="invalid payload format"),
        pytest.param('42abc["message-with-ack",1,"2",{"3":[false]}]', id="invalid ack id"),
    ])
    async def test_should_close_the_connection_upon_invalid_format(self, official, transport, packet):
        async with await connected(official, transport) as session:
            await post_or_send(session, packet)
            await session.expect_closed()


class TestNamespaces:
    async def test_attachments_and_acks_in_a_custom_namespace(self, official, transport):
        async with await connected(official, transport, namespace="/custom") as session:
            await session.send('51-/custom,7["message-with-ack",{"_placeholder":true,"num":0}]', b"\x00\xff")
            await session.expect('61-/custom,7[{"_placeholder":true,"num":0}]', b"\x00\xff")
            await session.send('2/custom,["message","x"]')
            await session.expect('2/custom,["message-back","x"]')

    async def test_each_namespace_has_its_own_id(self, official, transport):
        async with await connected(official, transport) as session:
            main = session.sid
            assert await session.connect("/custom") != main

    async def test_the_query_of_a_namespace_is_part_of_its_name(self, official, transport):
        async with await connected(official, transport, connect=False) as session:
            await session.send("0/custom?x=1,")
            await session.expect('4/custom?x=1,{"message":"Invalid namespace"}')

    async def test_middleware_refuses_with_message_and_data_and_the_connection_stays(self, official, transport):
        refused = '4/guarded,{"message":"Not authorized","data":{"code":"E_AUTH"}}'
        async with await connected(official, transport) as session:
            for auth in ("", '{"token":"wrong"}', '{"token":1}', '{"token":null}', '{"Token":"secret"}'):
                await session.send("0/guarded," + auth)
                await session.expect(refused)
            await session.expect_working()

    async def test_middleware_accepts(self, official, transport):
        async with await connected(official, transport) as session:
            await session.send('0/guarded,{"token":"secret"}')
            assert re.fullmatch(r'0/guarded,\{"sid":"[A-Za-z0-9_-]+"\}', await session.receive())


async def test_several_packets_in_one_go_keep_their_order(official, transport):
    async with await connected(official, transport) as session:
        await session.send(*(f'2["message",{number}]' for number in range(100)))
        await session.expect(*(f'2["message-back",{number}]' for number in range(100)))


async def test_a_socketio_session_is_an_engine_session(official, transport):
    async with await open_session(official, transport, SOCKET) as session:
        assert session.sid
