# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What the `interop-server` does with events, on each transport: rooms, broadcast, acks both ways, volatile, order."""

import json

import pytest

from harness.socketio_session import SocketIOSession
from harness.timing import eventually, seconds

pytestmark = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])

VALUES = [
    "1", "1.0", '"1"', "true", "false", "null", "0", "-0", "-0.0", "1e3", "1E+3", "1e-7", "0.1", "-17",
    "9007199254740993", "123456789012345678901234567890", "1.7976931348623157e308", "3.141592653589793238",
    '""', '"é"', '"日本語"', '"😀"', '"\u2028\u2029"', '"\\u00e9"', '"\\ud83d\\ude00"', '"a/b"', '"a\\/b"',
    '"\\"\\\\\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\ud800"', "[]", "{}", "[[[]]]", '{"":""}',
    '{"a":{"b":[1,{"c":null}]},"z":1,"a2":2}', '{"b":1,"a":2}', '{"a":1,"a":2}', '[1,"2",{"3":[true]}]',
    '"\u001e"'.replace("\u001e", "\\u001e"), '"data: x\\n\\n"',
]


def unicode_safe(value):
    return value.encode("unicode_escape").decode()[:40]


class TestEcho:
    @pytest.mark.parametrize("value", VALUES, ids=unicode_safe)
    async def test_a_relayed_value_keeps_its_exact_text(self, plain, transport, value):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send(f'2["echo",{value}]')
            await session.expect(f'2["echo",{value}]')
            await session.send(f'27["message-with-ack",{value},{value}]')
            await session.expect(f"37[{value},{value}]")

    async def test_white_space_in_the_payload_is_no_error(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2[ "echo" , [ 1 , 2 ] ]')
            packet = await session.receive()
            assert packet.startswith('2["echo",') and json.loads(packet[1:]) == ["echo", [1, 2]]

    async def test_echo_acknowledges_when_asked(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('212["echo","x"]')
            assert sorted([await session.receive(), await session.receive()]) == ['2["echo","x"]', '312["x"]']

    async def test_echo_of_binary_inside_a_value(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            packet = '["echo",{"a":[{"_placeholder":true,"num":0}],"b":{"_placeholder":true,"num":1}}]'
            await session.send("52-" + packet, b"first", b"")
            await session.expect("52-" + packet, b"first", b"")

    async def test_ten_attachments_and_every_byte(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(10))
            attachments = [bytes(range(256)) * number for number in range(10)]
            await session.send(f'510-["message",{places}]', *attachments)
            await session.expect(f'510-["message-back",{places}]', *attachments)

    async def test_ack_ids_are_the_client_s_business(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            for number in (0, 1, 2**31, 2**53 - 1):
                await session.send(f'2{number}["message-with-ack"]')
                await session.expect(f"3{number}[]")

    async def test_an_unknown_ack_is_ignored(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send("3999[]", '3["x"]')
            await session.expect_working()

    async def test_an_event_nobody_handles_is_ignored(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2["nobody",1]', '25["nobody",1]', '2[7,"a number as name"]', '2["error","x"]')
            await session.expect_working()

    async def test_arguments_that_do_not_fit_the_handler_do_no_harm(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2["count","x"]', '2["join",{}]', '2["to-room",1]', '2["room-size"]', '2["echo"]')
            await session.send('2["message","after"]')
            while await session.receive() != '2["message-back","after"]':
                pass


class TestAcknowledgements:
    async def test_sum(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('20["sum",1,2,3]')
            await session.expect("30[6]")
            await session.send('21["sum"]')
            await session.expect("31[0]")

    @pytest.mark.parametrize("answer", ['"yes"', "1.0", '{"a":[null]}'])
    async def test_ask_brings_the_client_s_acknowledgement_back(self, plain, transport, answer):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2["ask",{"q":1}]')
            question = await session.receive()
            identifier = question[1:question.index("[")]
            assert identifier.isdigit() and question == f'2{identifier}["question",{{"q":1}}]'
            await session.send(f"3{identifier}[{answer}]")
            await session.expect(f'2["answer",{answer}]')

    async def test_questions_have_different_ids_and_may_be_answered_in_any_order(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2["ask",1]', '2["ask",2]')
            questions = [await session.receive(), await session.receive()]
            identifiers = {json.loads(q[q.index("["):])[1]: q[1:q.index("[")] for q in questions}
            assert len(set(identifiers.values())) == 2
            await session.send(f'3{identifiers[2]}["second"]')
            await session.expect('2["answer","second"]')
            await session.send(f'3{identifiers[1]}["first"]', f'3{identifiers[1]}["again"]')
            await session.expect('2["answer","first"]')
            await session.expect_working()

    async def test_ask_without_an_answer_gives_null_after_its_timeout(self, plain, transport):
        async with await SocketIOSession.open(plain, transport) as session:
            await session.send('2["ask","silence"]')
            question = await session.receive()
            await session.expect('2["answer",null]', limit=seconds(8))
            # Too late is ignored.
            await session.send(f'3{question[1:question.index("[")]}["late"]')
            await session.expect_working()


class TestRooms:
    async def test_join_leave_and_size(self, plain, transport):
        room = f"size-{transport}"
        async with await SocketIOSession.open(plain, transport) as one, await SocketIOSession.open(plain) as two:
            await one.send(f'21["join","{room}"]')
            await one.expect("31[1]")
            await two.send(f'21["join","{room}"]')
            await two.expect("31[2]")
            await one.send(f'22["join","{room}"]')
            await one.expect("32[2]")
            await one.send(f'23["room-size","{room}"]')
            await one.expect("33[2]")
            await two.send(f'22["leave","{room}"]')
            await two.expect("32[1]")
            await one.send(f'24["leave","{room}"]')
            await one.expect("34[0]")
            await one.send(f'25["room-size","{room}"]', '26["room-size","never-made"]')
            await one.expect("35[0]", "36[0]")

    async def test_to_room_reaches_the_room_without_the_sender(self, plain, transport):
        room = f"talk-{transport}"
        async with (await SocketIOSession.open(plain, transport) as sender,
                    await SocketIOSession.open(plain, transport) as member,
                    await SocketIOSession.open(plain) as stranger):
            for session in (sender, member):
                await session.send(f'21["join","{room}"]')
                assert (await session.receive()).startswith("31[")
            await sender.send(f'2["to-room","{room}","said",1.0,{{"x":"a/b"}}]')
            await member.expect('2["said",1.0,{"x":"a/b"}]')
            await sender.expect_working()
            await stranger.expect_working()

    async def test_to_room_carries_binary(self, plain, transport):
        room = f"binary-{transport}"
        async with (await SocketIOSession.open(plain, transport) as sender,
                    await SocketIOSession.open(plain, transport) as member):
            await member.send(f'21["join","{room}"]')
            await member.expect("31[1]")
            await sender.send(f'51-["to-room","{room}","said",{{"_placeholder":true,"num":0}}]', b"\x00\x01")
            await member.expect('51-["said",{"_placeholder":true,"num":0}]', b"\x00\x01")

    async def test_a_room_forgets_who_went(self, plain, transport):
        room = f"gone-{transport}"
        async with await SocketIOSession.open(plain) as stays:
            async with await SocketIOSession.open(plain, transport) as goes:
                await goes.send(f'21["join","{room}"]')
                await goes.expect("31[1]")
                await goes.engine.send("1")

            async def empty():
                await stays.send(f'22["room-size","{room}"]')
                return await stays.receive() == "32[0]"
            await eventually(empty, "the room is empty")


async def test_broadcast_reaches_every_socket_of_the_namespace(plain, transport):
    async with (await SocketIOSession.open(plain, transport) as sender,
                await SocketIOSession.open(plain, "websocket") as one,
                await SocketIOSession.open(plain, "polling") as two,
                await SocketIOSession.open(plain, "sse") as three,
                await SocketIOSession.open(plain, transport, namespace="/custom") as elsewhere):
        value = f'{{"from":"{transport}","é":1.0}}'
        await sender.send(f'2["broadcast",{value}]')
        for session in (sender, one, two, three):
            await session.expect(f'2["broadcast",{value}]')
        await elsewhere.send('2/custom,["message",1]')
        await elsewhere.expect('2/custom,["message-back",1]')


async def test_broadcast_of_binary(plain, transport):
    async with (await SocketIOSession.open(plain, transport) as sender,
                await SocketIOSession.open(plain, "websocket") as one,
                await SocketIOSession.open(plain, "polling") as two):
        await sender.send('51-["broadcast",{"_placeholder":true,"num":0}]', b"\xfe\xff")
        for session in (sender, one, two):
            await session.expect('51-["broadcast",{"_placeholder":true,"num":0}]', b"\xfe\xff")


async def test_count_arrives_complete_and_in_order(plain, transport):
    async with await SocketIOSession.open(plain, transport) as session:
        await session.send('2["count",10000]')
        for number in range(1, 10001):
            assert await session.receive() == f'2["tick",{number}]'
        await session.expect_working()


async def test_volatile_events_keep_their_order(plain, transport):
    async with await SocketIOSession.open(plain, transport) as session:
        await session.send('2["volatile",50]', '2["message","end"]')
        numbers = []
        while (packet := await session.receive()) != '2["message-back","end"]':
            assert packet.startswith('2["v",')
            numbers.append(json.loads(packet[1:])[1])
        assert numbers == sorted(set(numbers)) and set(numbers) <= set(range(1, 51))
        if transport != "polling":
            assert numbers == list(range(1, 51)), "nothing was waiting, so nothing had to be dropped"


async def test_disconnect_me_leaves_the_namespace(plain, transport):
    async with await SocketIOSession.open(plain, transport) as session:
        await session.connect("/custom")
        await session.send('2["disconnect-me"]')
        await session.expect("1")
        await session.send('2/custom,["message",1]')
        await session.expect('2/custom,["message-back",1]')
        await session.connect()
        await session.expect_working()
