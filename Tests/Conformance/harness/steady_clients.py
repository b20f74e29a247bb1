# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Clients that go on for minutes, whatever becomes of their connections, and check all that they were promised."""

import asyncio
import contextlib
import json

from .engine_session import SOCKET, RequestRefused, SessionEnded
from .lossless_session import LosslessSession
from .socketio_session import SocketIOSession
from .timing import seconds
from .websocket_wire import HandshakeRefused

# What ends a connection; all else is a fault.
LOST = (OSError, EOFError, SessionEnded, HandshakeRefused, RequestRefused)
TRANSPORTS = ("websocket", "sse", "polling")
# How long a client may take to come back.
COMEBACK = seconds(20)


class SteadyClient:
    """Sends numbered events, a few at a time, and gets each back and acknowledged, in order and once."""

    def __init__(self, server, choices):
        """
        - choices: a `random.Random` of its own.
        """
        self.server = server
        self.choices = choices
        self.number = 0
        self.losses = 0
        # Those on connections that stood.
        self.round_trips = []
        self.is_ending = False

    async def run(self):
        await self.begin()
        loop = asyncio.get_running_loop()
        while not self.is_ending:
            begun, losses = loop.time(), self.losses
            await self.exchange(self.choices.randint(1, 5))
            if self.losses == losses:
                self.round_trips.append(loop.time() - begun)
            await self.rest()
        await self.end()

    async def rest(self):
        await asyncio.sleep(self.choices.uniform(0.1, 0.4))

    async def retry(self, attempt):
        """Attempts until nothing is lost by it; what went wrong last is told when that takes too long."""
        end = asyncio.get_running_loop().time() + COMEBACK
        while True:
            try:
                return await attempt()
            except LOST as error:
                if asyncio.get_running_loop().time() > end:
                    raise AssertionError(f"{self} cannot come back: {error!r}") from error
            await asyncio.sleep(self.choices.uniform(0.05, 0.2))


class LosslessClient(SteadyClient):
    """Has one session from the beginning to the end, changes its transport, and cuts its connection now and then."""

    def __str__(self):
        return f"lossless client {self.session.sid}"

    async def begin(self):
        self.session = await self.retry(
            lambda: LosslessSession.open(self.server, self.choices.choice(TRANSPORTS), SOCKET))
        await self.send("40")
        assert (await self.receive()).startswith('40{"sid":"')

    async def exchange(self, count):
        numbers = range(self.number + 1, self.number + count + 1)
        self.number += count
        await self.send(*(f'42{number}["echo",{number}]' for number in numbers))
        for number in numbers:
            for expected in (f'42["echo",{number}]', f"43{number}[{number}]"):
                packet = await self.receive()
                assert packet == expected, f"{self}: {packet} instead of {expected}"

    async def send(self, *messages):
        try:
            await self.session.send(*messages)
        except LOST:
            await self.attach()

    async def receive(self):
        """The next message but for the one with which every server receives a socket that comes to it."""
        while True:
            try:
                packet = await self.session.receive(COMEBACK)
            except LOST:
                await self.attach()
            else:
                if packet != '42["auth",{}]':
                    return packet

    async def attach(self):
        self.losses += 1

        async def attempt():
            old = self.session.channel
            await self.session.attach(self.choices.choice(TRANSPORTS))
            await old.abandon()
        await self.retry(attempt)

    async def rest(self):
        deed = self.choices.random()
        if deed < 0.05:
            await self.session.cut()
        elif deed < 0.1:
            await self.attach()
        await super().rest()

    async def end(self):
        """Says goodbye, so that the session ends now."""
        with contextlib.suppress(*LOST):
            await self.session.control("1")
        await self.session.channel.abandon()


class PlainClient(SteadyClient):
    """When its session ends it opens another one. As long as one lives, nothing is lost."""

    def __init__(self, server, choices, transport, **options):
        super().__init__(server, choices)
        self.transport = transport
        self.options = options

    def __str__(self):
        return f"plain client on {self.transport}"

    async def begin(self):
        self.session = await self.retry(lambda: SocketIOSession.open(self.server, self.transport, **self.options))

    async def come_back(self):
        self.losses += 1
        await self.session.engine.abandon()
        await self.begin()

    async def exchange(self, count):
        numbers = range(self.number + 1, self.number + count + 1)
        self.number += count
        try:
            await self.session.send(*(f'2{number}["echo",{number}]' for number in numbers))
            for number in numbers:
                for expected in (f'2["echo",{number}]', f"3{number}[{number}]"):
                    packet = await self.receive()
                    assert packet == expected, f"{self}: {packet} instead of {expected}"
        except LOST:
            await self.come_back()

    async def receive(self):
        """The next Socket.IO packet. A session may also end by a packet."""
        while (packet := await self.session.engine.receive(COMEBACK)) != "1":
            if packet != "6":
                return packet[1:]
        raise SessionEnded()

    async def end(self):
        with contextlib.suppress(*LOST):
            await self.session.engine.send("1")
        await self.session.engine.abandon()


class SlowReader(PlainClient):
    """Reads a stream of numbered broadcasts more slowly than it comes, and then catches up."""

    ROOM = "stream"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, receive_buffer=8192, **options)
        self.heard = 0

    async def begin(self):
        async def attempt():
            session = await SocketIOSession.open(self.server, self.transport, **self.options)
            await session.send(f'21["join","{self.ROOM}"]')
            while not (await session.receive()).startswith("31["):
                pass
            return session
        self.session = await self.retry(attempt)
        self.last = None

    async def exchange(self, count):
        try:
            for _ in range(count):
                name, session, number, *_ = json.loads((await self.receive())[1:])
                assert name == "streamed"
                # With its session the publisher loses what it said last.
                if self.last and self.last[0] == session:
                    assert number == self.last[1] + 1, f"{self}: {number} after {self.last[1]}"
                self.last = session, number
                self.heard += 1
        except LOST:
            await self.come_back()


class Publisher(PlainClient):
    """Whose stream that is."""

    async def exchange(self, count):
        self.number += 1
        try:
            await self.session.send(
                f'2["to-room","{SlowReader.ROOM}","streamed",{self.losses},{self.number},"{"x" * 20_000}"]')
        except LOST:
            await self.come_back()
