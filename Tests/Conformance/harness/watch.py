# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Well-behaved clients that go on while something happens to their server, and lose nothing."""

import asyncio
import contextlib
import itertools
import json

from .engine_session import SOCKET, PollingSession, SSESession
from .http_client import HTTPConnection
from .socketio_session import SocketIOSession
from .timing import eventually, seconds

# How long a client waits between an answer and its next question.
PAUSE = 0.02
# How long an answer may take: all but one in a hundred, and that one, which the machine may have withheld.
PROMPT, SLOWEST = seconds(0.1), seconds(1)


class KeptAlive:
    """Takes the place of `EngineSession`s' upstream: all requests on connections that are there from the beginning."""

    async def keep(self):
        self.up = await HTTPConnection.open(self.server)
        self.down = await HTTPConnection.open(self.server)

    async def post(self, body, **_):
        return await self.up.request("POST", self.target(), self.headers, body)

    async def abandon(self):
        await super().abandon()
        self.up.close()
        self.down.close()


class KeptAliveSSE(KeptAlive, SSESession):
    pass


class KeptAlivePolling(KeptAlive, PollingSession):
    async def _poll(self):
        self._pending_connection = self.down
        await self.down.send_request("GET", self.target(), self.headers)
        return await self.down.read_response()


class Watch:
    """`async with Watch(server) as watch`: a client on each transport gets numbered echoes, and `/healthz` is asked."""

    def __init__(self, server, room=None, keeps_alive=False):
        """
        - room: the clients are in it, and count the events `flood` that come with a number.
        - keeps_alive: whether no client opens a connection after the beginning.
        """
        self.server = server
        self.room = room
        self.keeps_alive = keeps_alive
        self.round_trips = {}
        self.heard = {}
        self._tasks = []
        self._is_ending = False

    async def __aenter__(self):
        for transport in ("websocket", "polling", "sse"):
            session = await self._open(transport)
            if self.room:
                await session.send(f'21["join","{self.room}"]')
                assert (await session.receive()).startswith("31[")
            self.heard[transport] = 0
            self._start(transport, self._echo(session, transport))
        self._start("healthz", self._ask())
        return self

    async def _open(self, transport):
        kind = {"polling": KeptAlivePolling, "sse": KeptAliveSSE}.get(transport)
        if not self.keeps_alive or not kind:
            return await SocketIOSession.open(self.server, transport)
        engine = await kind.open(self.server, SOCKET)
        await engine.keep()
        session = SocketIOSession(engine)
        await session.connect()
        return session

    def _start(self, name, client):
        self.round_trips[name] = []
        self._tasks.append(asyncio.create_task(self._repeat(name, client)))

    async def _repeat(self, name, client):
        loop = asyncio.get_running_loop()
        async with contextlib.aclosing(client):
            while not self._is_ending:
                begun = loop.time()
                await anext(client)
                self.round_trips[name].append(loop.time() - begun)
                await asyncio.sleep(PAUSE)

    async def _echo(self, session, transport):
        async with session:
            for number in itertools.count():
                await session.send(f'2["echo",{number}]')
                while (event := json.loads((await session.receive(SLOWEST))[1:]))[0] == "flood":
                    self.heard[transport] += 1
                    assert event[1] == self.heard[transport], f"{transport}: {event[1]}, not {self.heard[transport]}"
                assert event == ["echo", number], f"{transport}: {event}, not {number}"
                yield

    async def _ask(self):
        connection = None
        while True:
            connection = connection or await HTTPConnection.open(self.server)
            response = await connection.request("GET", "/healthz", limit=SLOWEST)
            assert (response.status, response.body) == (200, b"ok")
            if not self.keeps_alive:
                connection = connection.close()
            yield

    def assert_well(self):
        for task in self._tasks:
            if task.done():
                task.result()

    async def go_on(self, count=20):
        """Each client gets so many more answers."""
        before = {name: len(times) for name, times in self.round_trips.items()}

        def all_have():
            self.assert_well()
            return all(len(times) >= before[name] + count for name, times in self.round_trips.items())
        await eventually(all_have, f"{count} more answers", seconds(30))

    async def until_heard(self, count):
        """All events `flood` have come to all."""
        def all_have():
            self.assert_well()
            return all(heard == count for heard in self.heard.values())
        await eventually(all_have, f"all have heard {count}", seconds(30))

    async def __aexit__(self, kind, *_):
        self._is_ending = True
        if kind:
            for task in self._tasks:
                task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        failures = [end for end in ends if isinstance(end, Exception)]
        if failures:
            raise failures[0]
        if not kind:
            assert all(percentile(times, 0.99) <= PROMPT for times in self.round_trips.values()), str(self)

    def __str__(self):
        return "; ".join(
            f"{name}: {len(times)} answers, 99 % within {percentile(times, 0.99) * 1000:.1f} ms, the slowest "
            f"{max(times) * 1000:.1f} ms" for name, times in self.round_trips.items() if times)


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]
