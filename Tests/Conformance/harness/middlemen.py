# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What stands between a client and a server, and does harm. Each forwards connections, and looks at heads of requests."""

import asyncio
import contextlib
import itertools

from .server_process import Endpoint
from .timing import seconds


class Middleman(Endpoint):
    """Forwards everything. `async with Middleman(server) as proxy`."""

    def __init__(self, server):
        self.server = server

    async def __aenter__(self):
        self.tasks = set()
        self.listener = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        super().__init__(*self.listener.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_):
        self.listener.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _accepted(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        # At the end its task is cancelled.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                # The first request decides what becomes of the connection.
                await self.serve(await reader.readuntil(b"\r\n\r\n"), reader, writer)
            finally:
                writer.close()

    async def serve(self, head, reader, writer):
        await self.forward(head, reader, writer, self.copy)

    async def forward(self, head, reader, writer, answer):
        """- answer: copies what the server says."""
        back, forth = await asyncio.open_connection(self.server.host, self.server.port)
        try:
            forth.write(head)
            await asyncio.gather(self.copy(reader, forth), answer(back, writer))
        finally:
            forth.close()

    @staticmethod
    async def copy(reader, writer):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


class TakingTurns(Middleman):
    """Gives each connection to the next one of several servers."""

    def __init__(self, *servers):
        self.servers = itertools.cycle(servers)

    async def serve(self, head, reader, writer):
        self.server = next(self.servers)
        await super().serve(head, reader, writer)


class RefusingUpgrades(Middleman):
    async def serve(self, head, reader, writer):
        if b"\r\nUpgrade:" not in head:
            return await super().serve(head, reader, writer)
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await writer.drain()


class WithoutUpgradeFields(Middleman):
    """A proxy that knows nothing of upgrades: it does not pass fields on that are for one connection only."""

    async def serve(self, head, reader, writer):
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"upgrade:", b"connection:"))]
        await super().serve(b"\r\n".join(lines), reader, writer)


class Streams(Middleman):
    """Does something to the answers that are event streams."""

    async def serve(self, head, reader, writer):
        is_stream = head.startswith(b"GET ") and b"transport=sse" in head.split(b"\r\n")[0]
        await self.forward(head, reader, writer, self.answer if is_stream else self.copy)


class CollectingStreams(Streams):
    """Passes an answer on when it is complete."""

    @staticmethod
    async def answer(reader, writer):
        writer.write(await reader.read())


class DelayingStreams(Streams):
    """Keeps each piece of an answer for a while."""

    @staticmethod
    async def answer(reader, writer):
        while data := await reader.read(1 << 16):
            await asyncio.sleep(seconds(0.3))
            writer.write(data)


@contextlib.asynccontextmanager
async def fixed_answer(text):
    """Answers all that comes with the same text, or with nothing."""
    async def accepted(reader, writer):
        with contextlib.suppress(OSError):
            if text and await reader.read(1 << 16):
                writer.write(text.encode())
            while await reader.read(1 << 16):
                pass
            writer.close()

    listener = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield Endpoint(*listener.sockets[0].getsockname())
    finally:
        listener.close()
