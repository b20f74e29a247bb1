# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A raw Socket.IO 5 client over any `EngineSession`. Packets are compared as exact text."""

import json

from .engine_session import SOCKET, open_session
from .timing import DEADLINE


class SocketIOSession:
    """Socket.IO packets in, Socket.IO packets out: texts without the Engine.IO `4`, attachments as bytes."""

    def __init__(self, engine):
        self.engine = engine
        self.sid = None
        self.connect_packet = None

    @classmethod
    async def open(cls, server, transport="websocket", namespace="/", auth=None, connect=True, **options):
        session = cls(await open_session(server, transport, SOCKET, **options))
        if connect:
            await session.connect(namespace, auth)
        return session

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.engine.abandon()

    async def connect(self, namespace="/", auth=None):
        """CONNECT, its answer, and the `auth` event every namespace of the server begins with."""
        prefix = "" if namespace == "/" else namespace + ","
        await self.send("0" + prefix + ("" if auth is None else json.dumps(auth, separators=(",", ":"))))
        answer = await self.receive()
        assert answer.startswith("0" + prefix + '{"sid":"'), f"CONNECT was answered with {answer!r}"
        self.connect_packet = json.loads(answer[1 + len(prefix):])
        self.sid = self.connect_packet["sid"]
        await self.receive_event(prefix, "auth", {} if auth is None else auth)
        return self.sid

    async def receive_event(self, prefix, *expected):
        packet = await self.receive()
        assert packet.startswith("2" + prefix + "["), f"not an event: {packet!r}"
        arguments = json.loads(packet[1 + len(prefix):])
        assert arguments[: len(expected)] == list(expected)

    async def send(self, *packets):
        await self.engine.send(*["4" + packet if isinstance(packet, str) else packet for packet in packets])

    async def receive(self, limit=DEADLINE):
        packet = await self.engine.receive(limit)
        if isinstance(packet, str):
            assert packet.startswith("4"), f"not a message: {packet!r}"
            return packet[1:]
        return packet

    async def expect(self, *packets, limit=DEADLINE):
        for packet in packets:
            assert await self.receive(limit) == packet

    async def expect_quiet(self, **options):
        await self.engine.expect_quiet(**options)

    async def expect_closed(self, limit=DEADLINE):
        return await self.engine.expect_closed(limit)

    async def expect_working(self):
        await self.send('2["echo","still here"]')
        await self.expect('2["echo","still here"]')
