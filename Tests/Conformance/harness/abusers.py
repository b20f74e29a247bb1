# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Clients that mean harm, in a process of their own, so that they take no time from those that measure; see abuse.py.

    python -m harness.abusers KIND HOST PORT COUNT

Writes every 50 ms what has come of it, as JSON, until its standard input ends.
"""

import asyncio
import json
import os
import sys
import zlib

from .deflate_socket import DeflateSocket
from .engine_session import SOCKET, PollingSession
from .http_client import HTTPConnection
from .server_process import MIB, Endpoint
from .socketio_session import SocketIOSession
from .websocket_wire import BINARY, CONTINUATION

# How many connections are opened at a time.
WIDTH = 50
# How many connections that are held are opened in a second. Faster than a build for tests accepts, they would fill the
# kernel's backlog, in which a newcomer waits for its turn whatever the server does.
RATE = 1000
# What an endless head begins with: half of what a head may be.
LONG_HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (8 << 10)
# The room that those are in who do not read.
ROOM = "flood"


class Crowd:
    def __init__(self, server, count):
        self.server = server
        self.count = count
        # Connections that stand, or stood; that have ended since; that ended as they should; and what all have sent.
        self.state = {"opened": 0, "ended": 0, "refused": 0, "sent": 0}
        self.kept = []
        self.streams = []

    async def in_turn(self, open_one):
        """Opens all, some at a time."""
        numbers = iter(range(self.count))

        async def worker():
            for number in numbers:
                await open_one(number)
        await asyncio.gather(*(worker() for _ in range(WIDTH)))

    async def hold(self, first):
        """Connections that say `first` and wait."""
        crowd = self

        class Held(asyncio.Protocol):
            def connection_made(self, transport):
                transport.write(first)
                crowd.state["opened"] += 1
                crowd.state["sent"] += len(first)
                crowd.kept.append(transport)

            def data_received(self, data):
                crowd.state["refused"] += data.startswith(b"HTTP/1.1 408 ")

            def connection_lost(self, _):
                crowd.state["ended"] += 1

        loop = asyncio.get_running_loop()
        begun = loop.time()

        async def open_one(number):
            await asyncio.sleep(begun + number / RATE - loop.time())
            await loop.create_connection(Held, self.server.host, self.server.port)
        await self.in_turn(open_one)

    async def drip(self, byte):
        """A byte on each connection now and then."""
        while True:
            await asyncio.sleep(0.5)
            living = [transport for transport in self.kept if not transport.is_closing()]
            for transport in living:
                transport.write(byte)
            self.state["sent"] += len(living)
            self.state["ended"] = len(self.kept) - len(living)

    # The kinds of abuse

    async def silent(self):
        await self.hold(b"")

    async def endless(self):
        await self.hold(LONG_HEAD)

    async def slow_heads(self):
        await self.hold(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        await self.drip(b"x")

    async def slow_bodies(self):
        """Each belongs to a session of its own, and says that it will be long."""
        async def post(_):
            session = await PollingSession.open(self.server, SOCKET)
            connection = await HTTPConnection.open(self.server)
            await connection.send_request("POST", session.target(), [("Content-Length", "900000")], b"")
            self.streams.append(connection)  # which would close when it is forgotten
            self.kept.append(connection.writer.transport)
            self.state["opened"] += 1
        await self.in_turn(post)
        await self.drip(b"4")

    async def unread(self):
        """Sessions in a room, most of them WebSockets, that do not read."""
        self.server.segment_size = 1000

        async def join(number):
            transport = "websocket" if number % 10 < 6 else "sse" if number % 10 < 9 else "polling"
            options = {} if transport == "polling" else {"receive_buffer": 8192}
            session = await SocketIOSession.open(self.server, transport, **options)
            await session.send(f'21["join","{ROOM}"]')
            assert (await session.receive()).startswith("31[")
            self.kept.append(session)
            self.state["opened"] += 1
        await self.in_turn(join)

    async def bombs(self):
        """1 GiB in 1 MB, by half of them in fragments; all at once."""
        stream = zlib.compressobj(9, zlib.DEFLATED, -15)
        bomb = (stream.compress(bytes(MIB)) + stream.flush(zlib.Z_FULL_FLUSH)) * 1024
        sockets = [await DeflateSocket.open(self.server, f"{SOCKET}?EIO=4&transport=websocket")
                   for _ in range(self.count)]
        self.state["opened"] = len(sockets)

        async def throw(number, socket):
            size = 2 * MIB if number % 2 else 10_000
            try:
                for start in range(0, len(bomb), size):
                    await socket.socket.send_frame(
                        BINARY if start == 0 else CONTINUATION, bomb[start:start + size], rsv=4 if start == 0 else 0,
                        fin=start + size >= len(bomb))
            except ConnectionError:
                pass  # it has closed before the end
            try:
                self.state["refused"] += await socket.close_code() == 1009
            except (EOFError, ConnectionError):
                pass  # the connection was reset before the close frame was read
            socket.socket.connection.close()
            self.state["ended"] += 1
        await asyncio.gather(*(throw(*each) for each in enumerate(sockets)))

    async def large_posts(self):
        """1 GiB each, the length told or not."""
        async def post(number):
            session = await PollingSession.open(self.server, SOCKET)
            connection = await HTTPConnection.open(self.server)
            self.state["opened"] += 1
            chunked = number % 2
            await connection.send_request("POST", session.target(), [
                ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(1 << 30))], b"")
            piece = b"x" * MIB
            try:
                for _ in range(1024):
                    await connection.send(b"%x\r\n%b\r\n" % (MIB, piece) if chunked else piece)
                    self.state["sent"] += MIB
            except ConnectionError:
                pass  # it has closed before the end
            try:
                self.state["refused"] += (await connection.read_response()).status == 413
            except (EOFError, ConnectionError):
                pass  # the connection was reset before the answer was read
            self.state["ended"] += 1
            connection.close()
        await self.in_turn(post)


async def main(kind, host, port, count):
    # The server and those that measure come first, so that a lack of cores does not count as the server's delay.
    os.nice(19)
    crowd = Crowd(Endpoint(host, int(port)), int(count))
    work = asyncio.create_task(getattr(crowd, kind)())
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    end = asyncio.create_task(orders.read())
    while not end.done():
        print(json.dumps(crowd.state), flush=True)
        if work.done():
            work.result()
        await asyncio.wait([end], timeout=0.05)
    work.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
