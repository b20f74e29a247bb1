# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Malformed Engine.IO and Socket.IO packets (as the reference server has it) on each transport: the connection is closed, never the
process, and a session opened before goes on working."""

import pytest

from harness.engine_session import SessionEnded, encode_payload, open_session
from harness.socketio_session import SocketIOSession
from harness.timing import QUIET

pytestmark = [
    pytest.mark.usefixtures("witness"),
    pytest.mark.parametrize("transport", ["websocket", "polling", "sse"]),
]

PLACEHOLDER = '{"_placeholder":true,"num":%s}'
RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]

CLOSES = [
    # Event names that are none, or that no client may send.
    *(f'2["{name}"]' for name in RESERVED),
    "2[true]", "2[null]", "2[{}]", '2[{"toString":"foo"}]', "2[[]]", "2[]",
    # Payloads of the wrong kind.
    "0[]", '0/admin,"x"', "0/custom,[1]", "0null1", "1{}", "1[]", "2{}", '2"x"', "2true", '3{"a":1}', '30"x"',
    # JSON that is none.
    "2[", '2["a"', '2["a",]', '2["a",}', "2['a']", '2["a"]]', '2["a"]x', '2["a",01]', '2["a",+1]', '2["a",.5]',
    '2["a",1.]', '2["a",NaN]', '2["a",Infinity]', '2["a",tru]', '2["a" "b"]', '2["a",{"b"}]', '2["a",{b:1}]',
    '2["a",{"b":1,}]', '2["a","\\x"]', '2["a","\\u12"]', '2["a","\n"]', '2["a","\t"]', '2["a","', '2["a",1e]', "0{",
    "0{]",
    # Attachment counts.
    "5", "51", "5a-", "51.23-", "5-", '5-["a"]', '5-1-["a"]', '511-["a"]', '5999999999999999999999999-["a"]',
    '59223372036854775807-["a"]', '59223372036854775808-["a"]', '51["a",%s]' % (PLACEHOLDER % 0),
    # Types nobody knows.
    "7", "8", "9", '9["a"]', "a", "-1", "/custom,", " ", "[]", "é",
    # Packets that make no sense here.
    "4", '4{"message":"x"}', '2/nowhere,["x"]', "1/nowhere,", "3/nowhere,1[]",
    '2/custom,["not joined"]',
    # Acknowledgement ids.
    '2abc["a"]', '2-1["a"]', '21.5["a"]', '2 1["a"]',
]


async def send_bad(session, packet):
    """A POST with a bad packet may be refused at once or answered `ok` before the packet is looked at."""
    if session.engine.transport == "websocket":
        await session.engine.send(*packet)
    else:
        response = await session.engine.post(encode_payload(packet))
        assert response.status in (200, 400), response


@pytest.mark.parametrize("packet", CLOSES)
async def test_a_malformed_packet_closes_the_connection(abused, transport, packet):
    async with await SocketIOSession.open(abused, transport) as session:
        await send_bad(session, ["4" + packet])
        await session.expect_closed()


@pytest.mark.parametrize("packet", ["40/custom,", '40/custom,{"token":"again"}'])
async def test_a_namespace_that_is_joined_twice_costs_at_most_itself(abused, transport, packet):
    """The reference server ends the connection, and with it all other namespaces of the page."""
    async with await SocketIOSession.open(abused, transport) as session:
        await session.engine.send("40/custom,")
        await session.engine.send(packet)
        ids = []
        while len(ids) < 2:
            answer = await session.engine.receive()
            if answer.startswith("40/custom,{"):
                ids.append(answer)
        assert ids[0] != ids[1]
        await session.engine.send('42/custom,["message","here"]', '42["echo","there"]')
        answers = set()
        while len(answers) < 2:
            answer = await session.engine.receive()
            if "auth" not in answer:
                answers.add(answer)
        assert answers == {'42/custom,["message-back","here"]', '42["echo","there"]'}


async def test_what_the_server_ends_is_said_after_what_waits(abused, transport):
    """On polling in the GET that waits or in the next one; the reference lets it carry what had not been polled."""
    async with await SocketIOSession.open(abused, transport, connect=False) as session:
        await send_bad(session, ["40", "4abc"])
        ended = await session.expect_closed()
        assert ended.packets[0].startswith('40{"sid":')
        assert transport == "websocket" or ended.packets[-1] == "1"


@pytest.mark.parametrize("packets", [
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % 0), '42["text"]'], id="text while attachments are outstanding"),
    pytest.param(['452-["a",%s,%s]' % (PLACEHOLDER % 0, PLACEHOLDER % 1), b"x", "40"], id="text between attachments"),
    pytest.param([b"binary"], id="binary while none is outstanding"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % 0), b"x", b"y"], id="one binary too many"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % 1), b"x"], id="placeholder number past the end"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % -1), b"x"], id="placeholder number negative"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % 0.5), b"x"], id="placeholder number not whole"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % '"splice"'), b"x"], id="placeholder number a word (CVE-2022-2421)"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % "1e99"), b"x"], id="placeholder number huge"),
    pytest.param(['451-["a",%s]' % (PLACEHOLDER % "null"), b"x"], id="placeholder number null"),
    pytest.param(['451-["connect",%s]' % (PLACEHOLDER % 0), b"x"], id="reserved name with binary"),
    pytest.param(['451-[%s]' % (PLACEHOLDER % 0), b"x"], id="placeholder as the name (CVE-2023-32695)"),
])
async def test_attachments_out_of_place_close_the_connection(abused, transport, packets):
    async with await SocketIOSession.open(abused, transport) as session:
        await send_bad(session, packets)
        await session.expect_closed()


@pytest.mark.parametrize("packet", [
    # The reference decodes these, or they are nobody's business: whether they close is not laid down; that nothing
    # breaks is.
    "42", "421", "451-", '4299999999999999999999["message-with-ack","x"]', '42009["message-with-ack","x"]',
    '4318446744073709551616[]', '43[]', '450-["message"]', '451e1-["a"]', '42["message","\\ud800"]',
    '42["mess\\u0000age"]', '42["\\u0000"]', '42["join","\\u0000"]',
    '42["message",' + "[" * 10_000 + "]" * 10_000 + "]",
    '42["message",' + '{"a":' * 10_000 + "1" + "}" * 10_000 + "]", "42" + "[" * 10_000, '42["__proto__"]',
    '42["constructor",{"__proto__":{"x":1}}]', '42["error"]', '42["error",{}]', '42[1e400]', '42[-0]', '42[9e99,1]',
    '42["message",' + "9" * 10_000 + "]", "42" + "1" * 100_000, "4" + "5" * 100_000, "45" + "1" * 100_000 + "-",
    "40/" + "n" * 100_000 + ",", '42["' + "n" * 100_000 + '"]', "40/\x00,", "41/\x00", '42/\x00,["a"]',
    '42["a",1e-999999]',
    '42["message"' + ",1" * 100_000 + "]", '451-["message"' + (',' + PLACEHOLDER % 0) * 1000 + "]",
], ids=lambda packet: f"{packet[:24]!a} of {len(packet)}")
async def test_an_odd_packet_does_no_harm(abused, transport, packet):
    async with await SocketIOSession.open(abused, transport) as session:
        try:
            await send_bad(session, [packet])
            while await session.engine.peek(QUIET / 3) is not None:
                pass
        except (SessionEnded, ConnectionError):
            pass


@pytest.mark.parametrize("packet", ["abc", "", "7", "9", "é", "2", "2probe", "-4", " 4", "\x00", "x4"])
async def test_a_malformed_engine_packet_closes_the_session(abused, transport, packet):
    async with await open_session(abused, transport) as session:
        if transport == "websocket":
            await session.send(packet)
        else:
            response = await session.post(packet)
            assert response.status in (200, 400), response
        await session.expect_closed()


@pytest.mark.parametrize("packet", ["0", '0{"sid":"x"}', "5", "6", "3", "3probe"])
async def test_an_engine_packet_out_of_place_does_no_harm(abused, transport, packet):
    """The reference ignores these outside a handshake or a probe; whether they close is not laid down."""
    async with await open_session(abused, transport) as session:
        if transport == "websocket":
            await session.send(packet)
        else:
            assert (await session.post(packet)).status in (200, 400)
        try:
            await session.peek(QUIET / 3)
        except (SessionEnded, ConnectionError):
            pass


async def test_nothing_behind_a_malformed_packet_is_taken(abused, transport):
    async with await SocketIOSession.open(abused, transport) as session:
        await send_bad(session, ["4abc", '42["broadcast","from beyond"]'])
        ended = await session.expect_closed()
        assert not [packet for packet in ended.packets if "beyond" in str(packet)]


@pytest.mark.parametrize("packets", [['42["echo",1]'], ["43[]"], ["41"], ["4"], ["44{}"], [b"x"],
                                     ['42["echo",1]', "40"]])
async def test_a_packet_before_connect_closes_the_connection(abused, transport, packets):
    async with await SocketIOSession.open(abused, transport, connect=False) as session:
        await send_bad(session, packets)
        await session.expect_closed()


async def test_event_before_the_connect_answer_of_its_namespace_does_no_harm(abused, transport):
    """The reference server: a client cannot pipeline. Ours may allow it; it must answer or close, and nothing else."""
    async with await SocketIOSession.open(abused, transport, connect=False) as session:
        await send_bad(session, ["40", '42["echo","early"]'])
        packets = []
        try:
            while (packet := await session.engine.peek(QUIET)) is not None:
                packets.append(packet)
        except SessionEnded:
            return
        assert packets[-1] in ('42["echo","early"]', "1"), packets
