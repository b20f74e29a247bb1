# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A raw client of the lossless session: it counts as PROTOCOL's section 4 says, and does nothing by itself.

A session moves from one channel to the next. A channel is an `EngineSession` of one transport.
"""

import json

from .engine_session import (
    ENGINE, PollingSession, RequestRefused, SessionEnded, SSESession, WebSocketSession, decode_payload, encode_payload)
from .http_client import HTTPConnection
from .timing import DEADLINE


class LosslessPolling(PollingSession):
    lossless = None

    async def start_get(self):
        self.lossless.next_down = self.lossless.received + 1
        connection = await HTTPConnection.open(self.server)
        await connection.send_request("GET", self.target(ack=self.lossless.received), self.headers)
        return connection


CHANNELS = {"websocket": WebSocketSession, "polling": LosslessPolling, "sse": SSESession}


class LosslessSession:
    def __init__(self, server, path):
        self.server = server
        self.path = path
        self.channel = None
        self.sid = None
        self.handshake = None
        # What has come, and the number of the next message on the channel.
        self.received = 0
        self.next_down = 1
        # All that was sent, and how much of it the server has acknowledged.
        self.sent = []
        self.acknowledged = 0
        self.attaches = 0

    @classmethod
    async def open(cls, server, transport, path=ENGINE):
        session = cls(server, path)
        session.channel = await CHANNELS[transport].open(server, path, query={"resume": "1"})
        session.channel.lossless = session
        session.handshake = session.channel.handshake
        session.sid = session.channel.sid
        assert "resume" in session.handshake, "the server grants no lossless session"
        return session

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.channel.abandon()

    def attach_query(self, ack=None, number=None):
        if number is None:
            self.attaches += 1
            number = self.attaches
        return {"sid": self.sid, "attach": number, "ack": self.received if ack is None else ack}

    async def open_channel(self, transport, ack=None, number=None):
        """A channel that has been attached, its open packet checked; the session goes on with the one it has."""
        query = self.attach_query(ack, number)
        channel = await CHANNELS[transport].open(self.server, self.path, query=query)
        channel.lossless = self
        opened = channel.handshake
        assert {**opened, "ack": 0, "from": 0, "upgrades": []} == {
            **self.handshake, "ack": 0, "from": 0, "upgrades": []}
        assert opened["from"] >= query["ack"]
        assert self.acknowledged <= opened["ack"] <= len(self.sent)
        return channel

    async def attach(self, transport, ack=None, number=None):
        """Goes on with another channel, and sends again what the server does not have. Answers the old one."""
        old, self.channel = self.channel, await self.open_channel(transport, ack, number)
        self.next_down = self.channel.handshake["from"] + 1
        self.acknowledged = self.channel.handshake["ack"]
        if unacknowledged := self.sent[self.acknowledged:]:
            await self._write(*unacknowledged)
        return old

    # Up

    async def send(self, *messages):
        self.sent += messages
        await self._write(*messages)

    async def _write(self, *messages):
        if self.channel.transport == "websocket":
            await self.channel.send(*messages)
        else:
            first = len(self.sent) - len(messages) + 1
            response = await self.post(encode_payload(messages), seq=first)
            if (response.status, response.body) != (200, b"ok"):
                raise RequestRefused("POST", response)
            self.acknowledged = len(self.sent)

    async def post(self, body, **query):
        """A POST with any body and any counts."""
        return await self.channel.post(body, **{"ack": self.received} | query)

    async def control(self, packet):
        """Sends a packet that has no number."""
        if self.channel.transport == "websocket":
            await self.channel.send(packet)
        else:
            response = await self.post(packet, seq=self.acknowledged + 1)
            if (response.status, response.body) != (200, b"ok"):
                raise RequestRefused("POST", response)

    # Down

    async def receive_packet(self, limit=DEADLINE):
        """The next packet, a message or not. A message is counted; what had come before is answered all the same."""
        packet = await self.channel.receive_any(limit)
        if isinstance(packet, bytes) or packet.startswith(("4", "t")):
            self.received = max(self.received, self.next_down)
            self.next_down += 1
        elif packet[0] in "236" and packet[1:]:
            self.acknowledged = max(self.acknowledged, int(packet[1:]))
            assert self.acknowledged <= len(self.sent)
        return packet

    async def receive(self, limit=DEADLINE):
        """The next message. Pings are answered."""
        while True:
            packet = await self.receive_packet(limit)
            if isinstance(packet, bytes) or packet.startswith(("4", "t")):
                return packet
            if packet.startswith("2"):
                await self.control(f"3{self.received}")

    async def expect(self, *messages, limit=DEADLINE):
        for message in messages:
            assert await self.receive(limit) == message

    async def expect_working(self):
        """The echo endpoint still echoes."""
        await self.send("4still here")
        await self.expect("4still here")

    async def raw_get(self, **query):
        return await self.channel.get(**query)

    async def cut(self):
        """The connection ends without a word."""
        channel = self.channel
        if channel.transport == "polling":
            return await channel.abandon()
        connection = channel.socket.connection if channel.transport == "websocket" else channel.connection
        connection.reset()


async def ends_without_close_packet(channel):
    """A channel that another took the place of says nothing of an end. Answers a WebSocket's close code."""
    while True:
        try:
            packet = await channel.receive_any()
        except SessionEnded as end:
            return end.close.code if channel.transport == "websocket" else None
        assert packet != "1", "the old channel must not say that the session has ended"


def packets_of(response):
    assert response.status == 200, f"{response.status} {response.body!r}"
    return decode_payload(response.body)


def opened_by(packet):
    assert packet.startswith("0{")
    return json.loads(packet[1:])
