# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Clients nobody here wrote, told which windows to agree on.

Each sends messages one by one to an echo, and answers what was agreed on and what came back.
"""

import asyncio
import dataclasses
import json
import os
import subprocess
from pathlib import Path

import aiohttp
import tornado.websocket
import websockets
import wsproto
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from wsproto.extensions import PerMessageDeflate

from .deflate_socket import Parameters
from .timing import seconds

EXTENSIONS = "Sec-WebSocket-Extensions"


class Client:
    def expected(self, wanted):
        """What is agreed on when `wanted` is: some clients cannot ask for all of it."""
        return wanted


class Websockets(Client):
    async def exchange(self, server, target, wanted, messages):
        extension = ClientPerMessageDeflateFactory(
            server_no_context_takeover=wanted.server_no_takeover, client_no_context_takeover=wanted.client_no_takeover,
            server_max_window_bits=wanted.server_bits, client_max_window_bits=wanted.client_bits)
        async with websockets.connect(
                server.ws_url + target, compression=None, extensions=[extension]) as connection:
            received = []
            for message in messages:
                await connection.send(message)
                received.append(await connection.recv())
            return Parameters.read(connection.response.headers[EXTENSIONS]), received


class Aiohttp(Client):
    """Names only the server's window."""

    def expected(self, wanted):
        return Parameters(server_bits=wanted.server_bits)

    async def exchange(self, server, target, wanted, messages):
        async with aiohttp.ClientSession() as session, session.ws_connect(
                server.ws_url + target, compress=wanted.server_bits) as connection:
            received = []
            for message in messages:
                if isinstance(message, str):
                    await connection.send_str(message)
                else:
                    await connection.send_bytes(message)
                received.append((await connection.receive()).data)
            return Parameters.read(connection._response.headers[EXTENSIONS]), received


class Tornado(Client):
    """Takes what the server says."""

    def expected(self, wanted):
        return Parameters()

    async def exchange(self, server, target, wanted, messages):
        connection = await tornado.websocket.websocket_connect(
            server.ws_url + target, compression_options={"compression_level": 9})
        received = []
        for message in messages:
            await connection.write_message(message, binary=isinstance(message, bytes))
            received.append(await connection.read_message())
        connection.close()
        return Parameters.read(connection.headers[EXTENSIONS]), received


class Wsproto(Client):
    async def exchange(self, server, target, wanted, messages):
        reader, writer = await asyncio.open_connection(server.host, server.port)
        protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        extension = PerMessageDeflate(wanted.client_no_takeover, wanted.client_bits, wanted.server_no_takeover,
                                      wanted.server_bits)
        writer.write(protocol.send(wsproto.events.Request(
            host=server.authority, target=target, extensions=[extension])))

        async def events():
            while True:
                for event in protocol.events():
                    yield event
                protocol.receive_data(await reader.read(65536))
        stream = events()
        assert isinstance(await anext(stream), wsproto.events.AcceptConnection)
        assert extension.enabled()
        received = []
        for message in messages:
            kind = wsproto.events.BytesMessage if isinstance(message, bytes) else wsproto.events.TextMessage
            writer.write(protocol.send(kind(data=message)))
            parts = []
            async for event in stream:
                parts.append(event.data)
                if event.message_finished:
                    break
            received.append(type(message)().join(parts))
        writer.close()
        return Parameters(extension.server_max_window_bits, extension.client_max_window_bits,
                          extension.server_no_context_takeover, extension.client_no_context_takeover), received


class Autobahn(Client):
    async def exchange(self, server, target, wanted, messages):
        done = asyncio.get_running_loop().create_future()

        class Protocol(WebSocketClientProtocol):
            def onConnect(self, response):
                self.agreed = Parameters.read(response.headers[EXTENSIONS.lower()])
                self.received = []

            def onOpen(self):
                self.send_next()

            def send_next(self):
                message = messages[len(self.received)]
                self.sendMessage(message.encode() if isinstance(message, str) else message, isinstance(message, bytes))

            def onMessage(self, payload, isBinary):
                self.received.append(payload if isBinary else payload.decode())
                self.sendClose(1000) if len(self.received) == len(messages) else self.send_next()

            def onClose(self, wasClean, code, reason):
                done.set_result((self.agreed, self.received))

        factory = WebSocketClientFactory(server.ws_url + target)
        factory.protocol = Protocol
        factory.setProtocolOptions(
            perMessageCompressionOffers=[PerMessageDeflateOffer(
                accept_no_context_takeover=wanted.client_no_takeover, accept_max_window_bits=True,
                request_no_context_takeover=wanted.server_no_takeover, request_max_window_bits=wanted.server_bits)],
            perMessageCompressionAccept=lambda response: PerMessageDeflateResponseAccept(
                response, no_context_takeover=wanted.client_no_takeover, window_bits=wanted.client_bits)
            if isinstance(response, PerMessageDeflateResponse) else None)
        await asyncio.get_running_loop().create_connection(factory, server.host, server.port)
        return await done

    def expected(self, wanted):
        """Its own window it chooses silently, within what it may."""
        return dataclasses.replace(wanted, client_bits=15)


CLIENTS = [Websockets(), Aiohttp(), Tornado(), Wsproto(), Autobahn()]


def exchange_by_node_ws(server, target, wanted):
    """All of `wanted` in one process of Node with the package `ws`, one result each."""
    script = Path(__file__).parent.parent / "javascript" / "ws_windows.cjs"
    options = [{"serverMaxWindowBits": one.server_bits, "clientMaxWindowBits": one.client_bits,
                "serverNoContextTakeover": one.server_no_takeover, "clientNoContextTakeover": one.client_no_takeover}
               for one in wanted]
    process = subprocess.run(
        ["node", str(script), server.ws_url + target], input=json.dumps(options), text=True, capture_output=True,
        env=os.environ | {"NODE_PATH": "/usr/share/nodejs"}, timeout=seconds(60))
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]
