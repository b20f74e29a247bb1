# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Seven WebSocket clients nobody here wrote, on the plain echo, with and without permessage-deflate."""

import asyncio

import aiohttp
import engineio
import pytest
import tornado.websocket
import websocket
import websockets
import websockets.sync.client
import wsproto
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from wsproto.extensions import PerMessageDeflate

from harness.timing import DEADLINE, within

TEXTS = ["a", "", "é" * 300, "日本語 😀", "x" * 15_000]
BINARIES = [b"\x00\x01", b"", bytes(range(256)) * 40]


@pytest.fixture(params=["plain", "deflate"])
def echo(request, plain, deflate):
    """The server, and whether it agrees to permessage-deflate."""
    return {"plain": plain, "deflate": deflate}[request.param], request.param == "deflate"


def url_of(server):
    return server.ws_url + "/ws-echo"


def test_websocket_client(echo):
    server, _ = echo
    connection = websocket.create_connection(url_of(server), timeout=DEADLINE)
    for text in TEXTS:
        connection.send(text)
        assert connection.recv() == text
    for data in BINARIES:
        connection.send_binary(data)
        assert connection.recv() == data
    connection.ping("x")
    connection.close()


def test_websockets_sync(echo):
    server, deflate = echo
    with websockets.sync.client.connect(url_of(server)) as connection:
        for message in [*TEXTS, *BINARIES]:
            connection.send(message)
            assert connection.recv(timeout=DEADLINE) == message
        assert ("permessage-deflate" in connection.response.headers.get("Sec-WebSocket-Extensions", "")) == deflate
    assert connection.protocol.close_rcvd.code == 1000


async def test_websockets_async(echo):
    server, deflate = echo
    async with websockets.connect(url_of(server)) as connection:
        for message in [*TEXTS, *BINARIES]:
            await connection.send(message)
            assert await within(connection.recv()) == message
        await connection.send(["in ", "several ", "fragments"])
        assert await within(connection.recv()) == "in several fragments"
        await within(await connection.ping(b"are you there"))
        assert ("permessage-deflate" in connection.response.headers.get("Sec-WebSocket-Extensions", "")) == deflate
        assert len(connection.protocol.extensions) == int(deflate)
    assert connection.close_code == 1000


async def test_aiohttp(echo):
    server, deflate = echo
    async with aiohttp.ClientSession() as session, session.ws_connect(url_of(server), compress=15) as connection:
        assert bool(connection.compress) == deflate
        for text in TEXTS:
            await connection.send_str(text)
            assert await within(connection.receive_str()) == text
        for data in BINARIES:
            await connection.send_bytes(data)
            assert await within(connection.receive_bytes()) == data
        await connection.close()
        assert connection.close_code == 1000


async def test_tornado(echo):
    server, _ = echo
    connection = await within(tornado.websocket.websocket_connect(url_of(server), compression_options={}))
    for message in [*TEXTS, *BINARIES]:
        await connection.write_message(message, binary=isinstance(message, bytes))
        assert await within(connection.read_message()) == message
    connection.close(1000)
    assert await within(connection.read_message()) is None
    assert connection.close_code == 1000


async def test_wsproto(echo):
    server, deflate = echo
    reader, writer = await asyncio.open_connection(server.host, server.port)
    protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    extension = PerMessageDeflate()
    writer.write(protocol.send(wsproto.events.Request(
        host=server.authority, target="/ws-echo", extensions=[extension])))

    async def events():
        while True:
            for event in protocol.events():
                yield event
            protocol.receive_data(await within(reader.read(65536), what="bytes"))
    stream = events()
    assert isinstance(await anext(stream), wsproto.events.AcceptConnection)
    assert extension.enabled() == deflate
    for message in [*TEXTS, *BINARIES]:
        kind = wsproto.events.BytesMessage if isinstance(message, bytes) else wsproto.events.TextMessage
        writer.write(protocol.send(kind(data=message)))
        received = type(message)()
        while True:
            event = await anext(stream)
            received += event.data
            if event.message_finished:
                break
        assert received == message
    writer.write(protocol.send(wsproto.events.CloseConnection(code=1000)))
    closed = await anext(stream)
    assert isinstance(closed, wsproto.events.CloseConnection) and closed.code == 1000
    writer.close()


async def test_autobahn(echo):
    server, deflate = echo
    done = asyncio.get_running_loop().create_future()
    messages = [*TEXTS, *BINARIES]

    class Client(WebSocketClientProtocol):
        received = []

        def onOpen(self):
            self.received = []
            self.next()

        def next(self):
            message = messages[len(self.received)]
            self.sendMessage(message.encode() if isinstance(message, str) else message, isinstance(message, bytes))

        def onMessage(self, payload, isBinary):
            self.received.append(payload if isBinary else payload.decode())
            self.sendClose(1000) if len(self.received) == len(messages) else self.next()

        def onClose(self, wasClean, code, reason):
            done.set_result((wasClean, code, self.received, bool(self.websocket_extensions_in_use)))

    factory = WebSocketClientFactory(url_of(server))
    factory.protocol = Client
    factory.setProtocolOptions(
        perMessageCompressionOffers=[PerMessageDeflateOffer()],
        perMessageCompressionAccept=lambda response: PerMessageDeflateResponseAccept(response)
        if isinstance(response, PerMessageDeflateResponse) else None)
    await asyncio.get_running_loop().create_connection(factory, server.host, server.port)
    clean, code, received, compressed = await within(done)
    assert (clean, code, received, compressed) == (True, 1000, messages, deflate)


async def test_python_engineio_client(plain):
    """The Engine.IO client by itself, on the endpoint without Socket.IO."""
    for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
        client = engineio.AsyncClient()
        received = asyncio.Queue()
        client.on("message", received.put)
        await within(client.connect(plain.url, transports=transports, engineio_path="engine.io"))
        for message in ["text", b"\x00\xff", {"json": [1]}]:
            await client.send(message)
            back = await within(received.get())
            assert back == message
        assert client.transport() == transports[-1]
        await client.disconnect()
