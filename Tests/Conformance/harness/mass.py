# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Plain sessions in large numbers: wsload's crowd, which compares every echo."""

import asyncio
import contextlib
import json

from . import native
from .timing import seconds, within


class Mass:
    """Sessions of one transport, whose connections go to the servers in turn."""

    def __init__(self, process, proto):
        self.process = process
        self.proto = proto
        self.rounds = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, servers, proto, count):
        """
        - proto: `sio`, `sio-polling` or `sio-sse`.
        """
        ports = ",".join(str(server.port) for server in servers)
        process = await asyncio.create_subprocess_exec(
            native.wsload(), "--mode", "crowd", "--proto", proto, "--port", ports, "-c", str(count), "--stall",
            str(seconds(30)), "--quiet", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        try:
            mass = cls(process, proto)
            await mass._next("open")
            yield mass
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()  # reads to the end, without which there is none

    async def _next(self, word):
        while True:
            line = (await within(self.process.stdout.readline(), seconds(60), f"{self.proto}: {word}")).decode()
            if line.startswith(word):
                return line
            assert line.startswith("back "), f"{self.proto}: {line!r} instead of {word}"

    async def _tell(self, order):
        self.process.stdin.write(order.encode() + b"\n")
        await self.process.stdin.drain()

    async def come_back(self):
        """From now on sessions that a server ends come back."""
        await self._tell("return")
        await self._next("returning")

    async def echo(self):
        """Each session that is there sends a message, and gets it back."""
        await self._tell("echo")
        await self._next("echoed")
        self.rounds += 1

    async def end(self):
        await self._tell("end")
        report = json.loads(await self._next("{"))
        assert report["verdict"] == "ok", report
        await within(self.process.wait(), what="the end of wsload")
