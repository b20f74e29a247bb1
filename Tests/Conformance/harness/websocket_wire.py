# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""RFC 6455 frames that can be wrong in every way, and a client that speaks them."""

import base64
import hashlib
import os
import struct
from dataclasses import dataclass

from .http_client import HTTPConnection
from .timing import DEADLINE, within

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def encode_frame(opcode, payload=b"", fin=True, rsv=0, masked=True, claimed_length=None, length_bytes=None):
    """A frame. `claimed_length` writes a length that is not the payload's; `length_bytes` (0, 2, 8) forces its form."""
    length = len(payload) if claimed_length is None else claimed_length
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    short = {0: length, 2: 126, 8: 127}[length_bytes]
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if masked else 0) | short])
    head += {0: b"", 2: struct.pack("!H", length & 0xFFFF), 8: struct.pack("!Q", length)}[length_bytes]
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + mask(payload, key)


def mask(payload, key):
    if not payload:
        return payload
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


@dataclass(frozen=True)
class Closed:
    """How a WebSocket ended. `code` is None when TCP ended without a close frame."""

    code: int | None
    reason: str = ""


class HandshakeRefused(Exception):
    def __init__(self, response):
        super().__init__(f"{response.status} {response.reason}: {response.body!r}")
        self.response = response


class RawWebSocket:
    def __init__(self, connection, response):
        self.connection = connection
        self.response = response
        self.closed = None

    @staticmethod
    def handshake_headers(key, version="13"):
        return [("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Key", key), ("Sec-WebSocket-Version", version)]

    @classmethod
    async def open(cls, server, target, headers=(), host=None, receive_buffer=None):
        """Opens, or raises `HandshakeRefused` with the HTTP answer. The 101 is checked against RFC 6455 4.2.2."""
        connection = await HTTPConnection.open(server, receive_buffer=receive_buffer)
        key = base64.b64encode(os.urandom(16)).decode()
        await connection.send_request("GET", target, cls.handshake_headers(key) + list(headers), host=host)
        response = await within(connection.read_response(), what=f"an answer to the handshake for {target}")
        if response.status != 101:
            connection.close()
            raise HandshakeRefused(response)
        accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        assert response.header("Sec-WebSocket-Accept") == accept
        assert response.header("Upgrade").lower() == "websocket"
        assert "upgrade" in response.header("Connection").lower()
        assert not response.header("Content-Length"), "RFC 9110 8.6: no Content-Length in a 1xx"
        return cls(connection, response)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.connection.close()

    async def send_bytes(self, data):
        await self.connection.send(data)

    async def send_frame(self, opcode, payload=b"", **options):
        await self.send_bytes(encode_frame(opcode, payload, **options))

    async def send(self, message):
        if isinstance(message, str):
            await self.send_frame(TEXT, message.encode())
        else:
            await self.send_frame(BINARY, bytes(message))

    async def read_frame(self):
        """(fin, rsv, opcode, payload); raises when TCP ends."""
        read = self.connection.reader.readexactly
        first, second = await read(2)
        assert not second & 0x80, "RFC 6455 5.1: a server must not mask"
        length = second & 0x7F
        if length == 126:
            length, = struct.unpack("!H", await read(2))
            assert length >= 126, "RFC 6455 5.2: the length must take the fewest bytes"
        elif length == 127:
            length, = struct.unpack("!Q", await read(8))
            assert length >= 65536, "RFC 6455 5.2: the length must take the fewest bytes"
        return bool(first & 0x80), first >> 4 & 7, first & 0xF, await read(length)

    async def receive(self):
        """The next message (str or bytes), or `Closed`. Answers pings."""
        if self.closed:
            return self.closed
        parts, kind = [], None
        while True:
            try:
                fin, rsv, opcode, payload = await self.read_frame()
            except (EOFError, ConnectionError):
                self.closed = Closed(None)
                return self.closed
            assert rsv == 0, f"reserved bits {rsv:03b} without an extension"
            if opcode == PING:
                await self.send_frame(PONG, payload)
            elif opcode == CLOSE:
                assert len(payload) != 1
                code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                self.closed = Closed(code, payload[2:].decode())
                try:
                    await self.send_frame(CLOSE, payload[:2])
                except ConnectionError:
                    pass
                return self.closed
            elif opcode in (TEXT, BINARY, CONTINUATION):
                assert (opcode == CONTINUATION) == (kind is not None), "a fragment out of place"
                kind = kind or opcode
                parts.append(payload)
                if fin:
                    message = b"".join(parts)
                    return message.decode() if kind == TEXT else message

    async def next(self, limit=DEADLINE):
        return await within(self.receive(), limit, "a WebSocket message")

    async def wait_closed(self, limit=DEADLINE):
        """Reads until the peer closed, and answers how."""
        async def drain():
            while not isinstance(event := await self.receive(), Closed):
                pass
            return event
        return await within(drain(), limit, "the end of the WebSocket")

    async def close(self, code=1000):
        await self.send_frame(CLOSE, struct.pack("!H", code))
        return await self.wait_closed()
