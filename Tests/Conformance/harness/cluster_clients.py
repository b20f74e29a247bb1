# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Clients of the namespace `/cluster` with one face: python-socketio's, Martlet's and the official one, under Node.

A client keeps the events that come in `events`, and answers a `question` with its name and the question.
"""

import asyncio
import base64
import itertools
import json
import os
from pathlib import Path

import engineio.payload
import socketio

from .numbered_messages import CLIENT
from .timing import DEADLINE, eventually, within

# python-engineio refuses an answer to a poll that holds more than 16 packets, which every other server sends, too.
engineio.payload.Payload.max_decode_packets = 100_000

SCRIPT = Path(__file__).parents[1] / "javascript" / "remote_client.mjs"
NAMESPACE = "/cluster"


class Client:
    kind = None

    def __init__(self, name):
        self.name = name
        self.events = asyncio.Queue()
        self.disconnects = []

    async def next(self, limit=None):
        return await within(self.events.get(), limit, f"an event for {self.name}")

    async def expect(self, *events, limit=None):
        """These events come next."""
        for event in events:
            assert await self.next(limit) == event

    def expect_nothing_more(self):
        assert self.events.empty(), f"{self.name} has received {self.events.get_nowait()}"

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()


class PythonClient(Client):
    kind = "python-socketio"

    @classmethod
    async def connect(cls, server, transports=("websocket",), name="python", **_):
        self = cls(name)
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._keep, namespace=NAMESPACE)
        self.client.on("question", self._answer, namespace=NAMESPACE)
        self.client.on("disconnect", self._disconnected, namespace=NAMESPACE)
        await within(self.client.connect(server.url, transports=list(transports), namespaces=[NAMESPACE],
                                         auth={"name": name}, wait_timeout=DEADLINE), DEADLINE * 2, "the connection")
        return self

    async def _keep(self, event, *values):
        if event != "auth":
            self.events.put_nowait([event, *values])

    async def _answer(self, value):
        return [self.name, value]

    async def _disconnected(self, reason=None):
        self.disconnects.append(reason)

    @property
    def id(self):
        return self.client.get_sid(NAMESPACE)

    @property
    def transport(self):
        return self.client.transport()

    async def emit(self, event, *values):
        await self.client.emit(event, values, namespace=NAMESPACE)

    async def call(self, event, *values, limit=DEADLINE):
        return await within(self.client.call(event, values, namespace=NAMESPACE, timeout=limit), limit * 2, event)

    async def close(self):
        await self.client.disconnect()


class NodeClient(Client):
    """A client in JavaScript."""

    @staticmethod
    def file():
        raise NotImplementedError

    @classmethod
    async def connect(cls, server, transports=("websocket",), name="node", **options):
        self = cls(name)
        self.id = self.session = self.transport = None
        self.transports = []
        self._numbers = itertools.count(1)
        self._replies = {}
        options = {"name": name, "transports": list(transports), "auth": {"name": name}} | options
        self.process = await asyncio.create_subprocess_exec(
            "node", "--experimental-websocket", "--experimental-eventsource", "--no-warnings", str(SCRIPT), cls.file(),
            server.url + NAMESPACE, json.dumps(options), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=64 << 20)
        self._reader = asyncio.create_task(self._read())
        try:
            await eventually(lambda: self.id or self._reader.done(), f"{name} is connected", DEADLINE * 2)
            assert self.id, "the client ended"
        except BaseException:
            await self._end()
            raise
        return self

    async def _read(self):
        async for line in self.process.stdout:
            match json.loads(line, object_hook=_from_json):
                case {"event": event}:
                    self.events.put_nowait(event)
                case {"reply": reply, "id": number}:
                    self._replies.pop(number).set_result(reply)
                case {"connected": socket, "session": session}:
                    self.id, self.session = socket, session
                case {"disconnected": reason}:
                    self.disconnects.append(reason)
                case {"transport": transport}:
                    self.transport = transport
                    self.transports.append(transport)

    async def _tell(self, **what):
        self.process.stdin.write(json.dumps(what, default=_to_json).encode() + b"\n")
        await self.process.stdin.drain()

    async def emit(self, event, *values):
        await self._tell(emit=[event, *values])

    async def call(self, event, *values, limit=DEADLINE):
        number = next(self._numbers)
        reply = self._replies[number] = asyncio.get_running_loop().create_future()
        await self._tell(call=[event, *values], id=number)
        return await within(reply, limit * 2, event)

    async def switch(self, transport):
        await self._tell(switch=transport)

    async def close(self):
        self.process.stdin.close()
        try:
            await within(self.process.wait(), what=f"the end of {self.name}")
        finally:
            await self._end()

    async def _end(self):
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self._reader


class MartletClient(NodeClient):
    kind = "martlet"

    @staticmethod
    def file():
        return str(CLIENT)


class OfficialClient(NodeClient):
    kind = "socket.io-client"

    @staticmethod
    def file():
        path = os.environ.get("MARTLET_SOCKETIO_CLIENT")
        assert path and Path(path).is_file(), "run.sh sets MARTLET_SOCKETIO_CLIENT to socket.io.min.js"
        return path


def _to_json(value):
    assert isinstance(value, bytes)
    return {"$bytes": base64.b64encode(value).decode()}


def _from_json(value):
    return base64.b64decode(value["$bytes"]) if value.keys() == {"$bytes"} else value
