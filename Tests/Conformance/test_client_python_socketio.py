# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""python-socketio, sync and async, by polling, by WebSocket, and by polling that upgrades."""

import asyncio
import threading

import engineio.payload
import pytest
import socketio

from harness.timing import DEADLINE, eventually, seconds, within

# python-engineio refuses an answer to a poll that holds more than 16 packets, which every other server sends, too.
engineio.payload.Payload.max_decode_packets = 100_000

TRANSPORTS = pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="+".join)
BINARY = bytes(range(256))
NESTED = {"a": [1, "é", None, True, 1.5], "bin": BINARY, "deep": {"b": {"c": ["/", BINARY]}}}


class AsyncClient:
    """An `AsyncClient` that keeps what it was sent in one queue."""

    def __init__(self, namespaces=("/",), **options):
        self.client = socketio.AsyncClient(reconnection=options.pop("reconnection", False), **options)
        self.events = asyncio.Queue()
        self.namespaces = list(namespaces)
        for namespace in self.namespaces:
            self.client.on("*", self._keep, namespace=namespace)
            self.client.on("disconnect", self._disconnected, namespace=namespace)
        self.reasons = []

    async def _keep(self, event, *arguments):
        self.events.put_nowait((event, *arguments))

    async def _disconnected(self, reason=None):
        self.reasons.append(reason)

    async def connect(self, server, transports, auth=None):
        await within(self.client.connect(server.url, transports=transports, namespaces=self.namespaces, auth=auth,
                                         wait_timeout=DEADLINE), DEADLINE * 2, "the connection")
        for _ in self.namespaces:
            assert await self.next() == ("auth", auth or {})
        return self

    async def next(self):
        return await within(self.events.get(), what="an event")

    async def call(self, event, data=None, **options):
        return await within(self.client.call(event, data, timeout=DEADLINE, **options), DEADLINE * 2)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.client.disconnect()


def async_client(server, transports, **options):
    auth = options.pop("auth", None)
    return AsyncClient(**options).connect(server, transports, auth)


class TestAsync:
    @TRANSPORTS
    async def test_events_with_text_and_binary(self, plain, transports):
        async with await async_client(plain, transports) as client:
            await client.client.emit("message", ("x", 1, NESTED))
            assert await client.next() == ("message-back", "x", 1, NESTED)
            await eventually(lambda: client.client.transport() == transports[-1], f"the transport is {transports[-1]}")
            await client.client.emit("message", NESTED)
            assert await client.next() == ("message-back", NESTED)

    @TRANSPORTS
    async def test_acknowledgements_both_ways(self, plain, transports):
        async with await async_client(plain, transports) as client:
            assert await client.call("message-with-ack", NESTED) == NESTED
            assert await client.call("sum", (1, 2, 3)) == 6
            client.client.on("question", lambda value: {"got": value})
            await client.client.emit("ask", "really?")
            assert await client.next() == ("answer", {"got": "really?"})

    @TRANSPORTS
    async def test_namespaces(self, plain, transports):
        async with await async_client(plain, transports, namespaces=("/", "/custom")) as client:
            await client.client.emit("message", "there", namespace="/custom")
            assert await client.next() == ("message-back", "there")
            assert await client.call("message-with-ack", BINARY, namespace="/custom") == BINARY
            assert client.client.get_sid("/") != client.client.get_sid("/custom")

    @TRANSPORTS
    async def test_auth_is_accepted_and_refused(self, official, transports):
        """On the server with quick heartbeats: when this client leaves while it is still posting, it forgets to say
        so, and its last poll ends with the next ping."""
        async with await async_client(official, transports, auth={"token": "x", "n": [1]}):
            pass
        guarded = socketio.AsyncClient(reconnection=False)
        refusals = []
        guarded.on("connect_error", refusals.append, namespace="/guarded")
        with pytest.raises(socketio.exceptions.ConnectionError):
            await within(guarded.connect(official.url, transports=transports, namespaces=["/guarded"],
                                         auth={"token": "wrong"}, wait_timeout=DEADLINE), DEADLINE * 2)
        assert refusals == [{"message": "Not authorized", "data": {"code": "E_AUTH"}}]
        await guarded.disconnect()
        guarded = socketio.AsyncClient(reconnection=False)
        await within(guarded.connect(official.url, transports=transports, namespaces=["/guarded"],
                                     auth={"token": "secret"}, wait_timeout=DEADLINE), DEADLINE * 2)
        assert guarded.get_sid("/guarded")
        await guarded.disconnect()

    @TRANSPORTS
    async def test_rooms_and_broadcast(self, plain, transports):
        room = "python-" + "+".join(transports)
        async with (await async_client(plain, transports) as one, await async_client(plain, ["websocket"]) as two):
            assert [await one.call("join", room), await two.call("join", room)] == [1, 2]
            await one.client.emit("to-room", (room, "said", NESTED))
            assert await two.next() == ("said", NESTED)
            await one.client.emit("broadcast", "all")
            assert await one.next() == ("broadcast", "all")
            assert await two.next() == ("broadcast", "all")

    @TRANSPORTS
    async def test_the_server_disconnects(self, plain, transports):
        async with await async_client(plain, transports) as client:
            await client.client.emit("disconnect-me")
            await eventually(lambda: client.reasons, "the disconnect")
            assert client.reasons == [socketio.AsyncClient.reason.SERVER_DISCONNECT]

    @TRANSPORTS
    async def test_ten_thousand_events_in_order(self, plain, transports):
        async with await async_client(plain, transports) as client:
            await client.client.emit("count", 10_000)
            for number in range(1, 10_001):
                assert await client.next() == ("tick", number)

    @TRANSPORTS
    async def test_heartbeats_keep_it_alive(self, official, transports):
        async with await async_client(official, transports) as client:
            await asyncio.sleep(seconds(1.6))  # three heartbeats of 300 + 200 ms
            assert await client.call("message-with-ack", "alive") == "alive"
            assert client.reasons == []

    async def test_reconnects_after_a_restart_of_the_server_on_the_same_port(self, servers):
        server = servers.start_own([])
        port = server.port
        client = AsyncClient(reconnection=True, reconnection_delay=0.1, reconnection_delay_max=0.2)
        try:
            await client.connect(server, ["websocket"])
            first = client.client.get_sid("/")
            assert await asyncio.to_thread(server.stop) == 0
            await eventually(lambda: client.reasons, "the disconnect")
            server = servers.start_own([], port)
            await eventually(lambda: client.client.connected, "the reconnection", seconds(10))
            assert await client.next() == ("auth", {})
            assert client.client.get_sid("/") != first
            assert await client.call("message-with-ack", "again") == "again"
        finally:
            await client.client.disconnect()
            assert server.stop() == 0


class TestSync:
    @TRANSPORTS
    def test_events_acknowledgements_and_binary(self, plain, transports):
        client = socketio.Client(reconnection=False)
        received, arrived = [], threading.Event()

        @client.on("message-back")
        def message_back(*arguments):
            received.append(arguments)
            arrived.set()
        client.connect(plain.url, transports=transports, wait_timeout=DEADLINE)
        try:
            assert client.call("message-with-ack", NESTED, timeout=DEADLINE) == NESTED
            assert list(client.call("message-with-ack", ("a", BINARY), timeout=DEADLINE)) == ["a", BINARY]
            client.emit("message", ("x", NESTED))
            assert arrived.wait(DEADLINE)
            assert received == [("x", NESTED)]
            assert client.transport() == transports[-1]
        finally:
            client.disconnect()

    def test_refused_auth(self, official):
        client = socketio.Client(reconnection=False)
        refusals = []
        client.on("connect_error", refusals.append, namespace="/guarded")
        with pytest.raises(socketio.exceptions.ConnectionError):
            client.connect(official.url, namespaces=["/guarded"], auth={"token": "wrong"}, wait_timeout=DEADLINE)
        assert refusals == [{"message": "Not authorized", "data": {"code": "E_AUTH"}}]
        client.disconnect()

    def test_the_simple_client(self, plain):
        with socketio.SimpleClient() as client:
            client.connect(plain.url, transports=["polling", "websocket"])
            assert client.receive(timeout=DEADLINE) == ["auth", {}]
            client.emit("message", ["a", BINARY])
            assert client.receive(timeout=DEADLINE)[0] == "message-back"
