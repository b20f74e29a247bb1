# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""python-socketio with its parser for MessagePack, against a server with `Parser.messagePack`."""

import msgpack
import pytest
import socketio
from engineio.packet import Packet

from harness.timing import DEADLINE, eventually, within
from test_client_python_socketio import BINARY, NESTED, TRANSPORTS, AsyncClient

NUMBERS = [0, 127, 128, 2**16, 2**32, 2**63, 2**64 - 1, -1, -32, -33, -2**15 - 1, -2**31 - 1, -2**63, 1.5, float("inf")]
TIME = msgpack.Timestamp(1_700_000_000, 5)
EXTENSION = msgpack.ExtType(5, b"xyz")
LARGE = {"text": "\u20ac" * 30_000, "list": list(range(70_000)), "map": {str(number): number for number in range(20)}}


def client(server, transports, **options):
    auth = options.pop("auth", None)
    return AsyncClient(serializer="msgpack", **options).connect(server, transports, auth)


@TRANSPORTS
async def test_events_with_every_kind_of_value(messagepack, transports):
    async with await client(messagepack, transports, auth={"token": BINARY}) as one:
        for value in (NESTED, BINARY, NUMBERS, LARGE, TIME, EXTENSION, None, "", [], {}):
            await one.client.emit("message", ("x", value))
            assert await one.next() == ("message-back", "x", value)
        await one.client.emit("message", tuple(range(40)))
        assert await one.next() == ("message-back", *range(40))
        await eventually(lambda: one.client.transport() == transports[-1], f"the transport is {transports[-1]}")


@TRANSPORTS
async def test_acknowledgements_both_ways(messagepack, transports):
    async with await client(messagepack, transports) as one:
        assert await one.call("message-with-ack", NESTED) == NESTED
        assert await one.call("sum", (1, 2, 3)) == 6
        one.client.on("question", lambda value: {"got": value})
        await one.client.emit("ask", BINARY)
        assert await one.next() == ("answer", {"got": BINARY})


@TRANSPORTS
async def test_namespaces(messagepack, transports):
    async with await client(messagepack, transports, namespaces=("/", "/custom")) as one:
        await one.client.emit("message", "there", namespace="/custom")
        assert await one.next() == ("message-back", "there")
        assert await one.call("message-with-ack", BINARY, namespace="/custom") == BINARY
        await one.client.emit("disconnect-me")
        await eventually(lambda: one.reasons, "the disconnect")
        assert one.reasons == [socketio.AsyncClient.reason.SERVER_DISCONNECT]
        assert await one.call("message-with-ack", 1, namespace="/custom") == 1


@TRANSPORTS
async def test_a_refusal_carries_its_data(messagepack, transports):
    guarded = socketio.AsyncClient(reconnection=False, serializer="msgpack")
    refusals = []
    guarded.on("connect_error", refusals.append, namespace="/guarded")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await within(guarded.connect(messagepack.url, transports=transports, namespaces=["/guarded"],
                                     auth={"token": "wrong"}, wait_timeout=DEADLINE), DEADLINE * 2)
    assert refusals == [{"message": "Not authorized", "data": {"code": "E_AUTH"}}]
    await guarded.disconnect()
    guarded = socketio.AsyncClient(reconnection=False, serializer="msgpack")
    await within(guarded.connect(messagepack.url, transports=transports, namespaces=["/guarded"],
                                 auth={"token": "secret"}, wait_timeout=DEADLINE), DEADLINE * 2)
    assert guarded.get_sid("/guarded")
    await guarded.disconnect()


@TRANSPORTS
async def test_rooms_and_broadcast(messagepack, transports):
    room = "python-" + "+".join(transports)
    async with (await client(messagepack, transports) as one, await client(messagepack, ["websocket"]) as two):
        assert [await one.call("join", room), await two.call("join", room)] == [1, 2]
        await one.client.emit("to-room", (room, "said", NESTED))
        assert await two.next() == ("said", NESTED)
        await one.client.emit("broadcast", BINARY)
        assert await one.next() == ("broadcast", BINARY)
        assert await two.next() == ("broadcast", BINARY)


@pytest.mark.parametrize("message", [b"", b"\xc1", b"\x90", msgpack.packb({"type": 5, "nsp": "/", "data": ["x"]}),
                                     msgpack.packb({"type": 2, "nsp": "/", "data": ["connect"]}),
                                     msgpack.packb({"type": 2, "nsp": "/", "data": ["x"]})[:-1], "2[\"x\"]"])
async def test_what_is_no_packet_ends_the_connection(messagepack, message):
    async with await client(messagepack, ["websocket"]) as one, await client(messagepack, ["websocket"]) as other:
        await one.client.eio._send_packet(Packet(4, message))
        await eventually(lambda: one.reasons, "the end of the connection")
        assert await other.call("message-with-ack", "alive") == "alive"
