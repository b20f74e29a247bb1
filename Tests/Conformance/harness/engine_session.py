# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A raw Engine.IO 4 client, the same face on its three transports.

Packets are `str` with their type digit (`"4hello"`), or `bytes` for a binary message. Nothing goes on behind a test's
back: pings are answered only while the test is receiving, and only if the session was opened with `answers_pings`.
"""

import asyncio
import base64
import json
from dataclasses import dataclass, field

from .http_client import HTTPConnection, Response, assert_unknown_session, request
from .timing import DEADLINE, QUIET, within
from .websocket_wire import Closed, RawWebSocket

SEPARATOR = "\x1e"
ENGINE, SOCKET = "/engine.io/", "/socket.io/"


@dataclass
class Ended:
    """How a session ended: the packets that still came, and the WebSocket's close if it was one."""

    packets: list = field(default_factory=list)
    close: Closed | None = None


class RequestRefused(AssertionError):
    """A request that should have been answered with 200."""

    def __init__(self, what, response):
        super().__init__(f"{what} answered {response.status} {response.body!r}")
        self.response = response


class SessionEnded(Exception):
    """Raised by `receive` when the session is over."""

    def __init__(self, close=None):
        super().__init__(f"the session ended ({close})")
        self.close = close


def to_payload_part(packet):
    return "b" + base64.b64encode(packet).decode() if isinstance(packet, (bytes, bytearray)) else packet


def from_payload_part(part):
    return base64.b64decode(part[1:], validate=True) if part.startswith("b") else part


def encode_payload(packets):
    return SEPARATOR.join(map(to_payload_part, packets)).encode()


def decode_payload(body):
    return [from_payload_part(part) for part in body.decode().split(SEPARATOR)]


class EngineSession:
    transport = None

    def __init__(self, server, path, headers=(), answers_pings=True):
        self.server = server
        self.path = path
        self.headers = list(headers)
        self.answers_pings = answers_pings
        self.handshake = None
        self.sid = None

    def target(self, **extra):
        query = {"EIO": "4", "transport": self.transport} | ({"sid": self.sid} if self.sid else {}) | extra
        return self.path + "?" + "&".join(f"{key}={value}" for key, value in query.items())

    def take_handshake(self, packet):
        assert isinstance(packet, str) and packet.startswith("0{"), f"not an open packet: {packet!r}"
        self.handshake = json.loads(packet[1:])
        self.sid = self.handshake["sid"]

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.abandon()

    async def receive(self, limit=DEADLINE):
        """The next packet. Pings are answered and left out when the session `answers_pings`."""
        while True:
            packet = await self.receive_any(limit)
            if packet == "2" and self.answers_pings:
                await self.send("3")
                continue
            return packet

    async def expect(self, *packets, limit=DEADLINE):
        for packet in packets:
            assert await self.receive(limit) == packet

    async def expect_quiet(self, window=QUIET):
        """Fails if anything but a ping comes within the window."""
        loop = asyncio.get_running_loop()
        end = loop.time() + window
        while (left := end - loop.time()) > 0:
            packet = await self.peek(left)
            if packet is None:
                return
            assert packet == "2" and self.answers_pings, f"nothing should have come, but {packet!r} did"
            await self.send("3")

    async def peek(self, window):
        """The next packet, or None if none comes within the window."""
        raise NotImplementedError

    async def expect_working(self):
        """An Engine.IO session of the echo endpoint still echoes."""
        await self.send("4still here")
        await self.expect("4still here")


class WebSocketSession(EngineSession):
    transport = "websocket"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.socket = None
        self._pending = None

    @classmethod
    async def open(cls, server, path=ENGINE, headers=(), answers_pings=True, receive_buffer=None, query=None):
        session = cls(server, path, headers, answers_pings)
        session.socket = await RawWebSocket.open(
            server, session.target(**(query or {})), headers, receive_buffer=receive_buffer)
        session.take_handshake(await session.socket.next())
        return session

    async def send(self, *packets):
        for packet in packets:
            await self.socket.send(packet)

    async def receive_any(self, limit=DEADLINE):
        packet = await self.peek(limit)
        assert packet is not None, f"no packet came within {limit:.1f} s"
        return packet

    async def peek(self, window):
        if self._pending is None:
            self._pending = asyncio.ensure_future(self.socket.receive())
        done, _ = await asyncio.wait([self._pending], timeout=window)
        if not done:
            return None
        event, self._pending = self._pending.result(), None
        if isinstance(event, Closed):
            raise SessionEnded(event)
        return event

    async def expect_closed(self, limit=DEADLINE):
        ended = Ended()

        async def drain():
            while True:
                try:
                    ended.packets.append(await self.receive_any(limit))
                except SessionEnded as end:
                    ended.close = end.close
                    return
        await within(drain(), limit, "the end of the WebSocket session")
        return ended

    async def abandon(self):
        if self._pending:
            self._pending.cancel()
        self.socket.connection.close()


class HTTPUpstreamSession(EngineSession):
    """Polling and sse have the same upstream: POST."""

    async def post(self, body, headers=(("Content-Type", "text/plain;charset=UTF-8"),), limit=DEADLINE, **extra):
        body = body.encode() if isinstance(body, str) else body
        return await request(self.server, "POST", self.target(**extra), [*self.headers, *headers], body, limit=limit)

    async def send(self, *packets):
        response = await self.post(encode_payload(packets))
        if (response.status, response.body) != (200, b"ok"):
            raise RequestRefused("POST", response)

    async def get(self, limit=DEADLINE, **extra):
        return await request(self.server, "GET", self.target(**extra), self.headers, limit=limit)


class PollingSession(HTTPUpstreamSession):
    transport = "polling"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.handshake_response = None
        self._received = []
        self._pending = None
        self._pending_connection = None

    @classmethod
    async def open(cls, server, path=ENGINE, headers=(), answers_pings=True, query=None):
        session = cls(server, path, headers, answers_pings)
        response = await session.get(**(query or {}))
        if response.status != 200:
            raise RequestRefused("the handshake", response)
        session.handshake_response = response
        first, *rest = decode_payload(response.body)
        session.take_handshake(first)
        session._received = rest
        return session

    async def start_get(self):
        """Sends a GET and leaves it waiting; answers its connection."""
        connection = await HTTPConnection.open(self.server)
        await connection.send_request("GET", self.target(), self.headers)
        return connection

    @staticmethod
    async def expect_quiet_on(connection, window=QUIET / 3):
        """Fails if the waiting GET is answered within the window."""
        try:
            data = await asyncio.wait_for(connection.reader.read(1), window)
        except (asyncio.TimeoutError, TimeoutError):
            return
        raise AssertionError(f"the waiting GET was answered at once: {data!r}")

    async def _poll(self):
        connection = self._pending_connection = await self.start_get()
        async with connection:
            return await connection.read_response()

    async def peek(self, window):
        if self._received:
            return self._received.pop(0)
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._poll())
        done, _ = await asyncio.wait([self._pending], timeout=window)
        if not done:
            return None
        response, self._pending = self._pending.result(), None
        if response.status != 200:
            raise SessionEnded(response)
        assert response.header("Content-Type") == "text/plain; charset=UTF-8"
        assert response.header("Cache-Control") == "no-store"
        assert response.body, "an answer to a poll holds a packet"
        self._received = decode_payload(response.body)
        return self._received.pop(0)

    async def receive_any(self, limit=DEADLINE):
        packet = await self.peek(limit)
        assert packet is not None, f"no packet came within {limit:.1f} s"
        return packet

    async def expect_closed(self, limit=DEADLINE):
        """Ends with `1` in a poll or with 400; from then on the sid is unknown."""
        ended = Ended()

        async def drain():
            while True:
                try:
                    packet = await self.receive_any(limit)
                except SessionEnded as end:
                    assert_unknown_session(end.close)
                    return
                ended.packets.append(packet)
                if packet == "1":
                    return
        await within(drain(), limit, "the end of the polling session")
        assert_unknown_session(await self.get())
        return ended

    async def abandon(self):
        if self._pending:
            self._pending.cancel()
            if self._pending_connection:
                self._pending_connection.close()


class SSESession(HTTPUpstreamSession):
    transport = "sse"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.connection = None
        self.response: Response | None = None
        self.comments = 0
        self._bytes = b""
        self._pending = None

    @classmethod
    async def open(cls, server, path=ENGINE, headers=(), answers_pings=True, receive_buffer=None, query=None):
        session = cls(server, path, headers, answers_pings)
        session.connection = await HTTPConnection.open(server, receive_buffer=receive_buffer)
        await session.connection.send_request(
            "GET", session.target(**(query or {})), [("Accept", "text/event-stream"), *session.headers])
        session.response = await within(session.connection.read_head(), what="the head of the event stream")
        if session.response.status != 200:
            raise RequestRefused("the handshake", session.response)
        session.take_handshake(await session.receive_any())
        return session

    async def _more(self):
        if (self.response.header("Transfer-Encoding") or "").lower() == "chunked":
            return await self.connection.read_chunk()
        return await self.connection.reader.read(65536)

    async def _event(self):
        """The data of the next event, by the rules of the HTML standard 9.2; None at the end of the stream."""
        data = []
        while True:
            while b"\n" in self._bytes:
                line, self._bytes = self._bytes.split(b"\n", 1)
                line = line.removesuffix(b"\r").decode()
                if line == "":
                    if data:
                        return "\n".join(data)
                elif line.startswith(":"):
                    self.comments += 1
                else:
                    name, _, value = line.partition(":")
                    assert name == "data", f"only data lines are expected: {line!r}"
                    data.append(value.removeprefix(" "))
            try:
                more = await self._more()
            except (EOFError, ConnectionError):
                return None
            if not more:
                return None
            self._bytes += more

    async def peek(self, window):
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._event())
        done, _ = await asyncio.wait([self._pending], timeout=window)
        if not done:
            return None
        event, self._pending = self._pending.result(), None
        if event is None:
            raise SessionEnded()
        return from_payload_part(event)

    async def receive_any(self, limit=DEADLINE):
        packet = await self.peek(limit)
        assert packet is not None, f"no packet came within {limit:.1f} s"
        return packet

    async def expect_closed(self, limit=DEADLINE):
        ended = Ended()

        async def drain():
            while True:
                try:
                    ended.packets.append(await self.receive_any(limit))
                except SessionEnded:
                    return
        await within(drain(), limit, "the end of the event stream")
        assert_unknown_session(await self.post("4x"))
        return ended

    async def abandon(self):
        if self._pending:
            self._pending.cancel()
        self.connection.close()


TRANSPORTS = {"websocket": WebSocketSession, "polling": PollingSession, "sse": SSESession}


async def open_session(server, transport, path=ENGINE, **options):
    return await TRANSPORTS[transport].open(server, path, **options)


async def probe(session, server=None):
    """Opens the WebSocket of a classic upgrade and gets as far as `3probe`."""
    target = session.target().replace(f"transport={session.transport}", "transport=websocket")
    socket = await RawWebSocket.open(server or session.server, target, session.headers)
    await socket.send("2probe")
    assert await socket.next() == "3probe"
    return socket


async def upgrade(session):
    """Takes a polling or sse session over to WebSocket as the official client does: pause, then `5`."""
    socket = await probe(session)
    if session.transport == "polling":
        while (packet := await session.peek(DEADLINE)) == "2":
            await session.send("3")
        assert packet == "6", f"the pending poll was not released: {packet!r}"
    await socket.send("5")
    upgraded = WebSocketSession(session.server, session.path, session.headers, session.answers_pings)
    upgraded.handshake, upgraded.sid, upgraded.socket = session.handshake, session.sid, socket
    return upgraded
