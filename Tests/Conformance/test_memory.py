# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Many hostile clients at the same time take no more memory than the formula in Limits.md says."""

from harness.http_client import HTTPConnection
from harness.options import BOUNDED_PAYLOAD, BOUNDED_UNSENT, BOUNDED_WAITING
from harness.socketio_session import SocketIOSession
from harness.timing import seconds
from harness.websocket_wire import BINARY, encode_frame

KIB = 2**10
LOOPS = 2
PER_LOOP = 16 * KIB * KIB
PER_CONNECTION = 256 * KIB + 2 * BOUNDED_PAYLOAD
PER_SESSION = 256 * KIB + 3 * BOUNDED_UNSENT + 2 * BOUNDED_PAYLOAD + 2 * BOUNDED_WAITING


class Growth:
    """The most memory that the server took beyond what it took before."""

    def __init__(self, server):
        self.server, self.before = server, server.resident_bytes()
        server.forget_most_resident_bytes()

    def check(self, sessions, connections):
        allowed = LOOPS * PER_LOOP + connections * PER_CONNECTION + sessions * PER_SESSION
        grown = self.server.most_resident_bytes() - self.before
        print(f"{grown / 2**20:.1f} MiB of {allowed / 2**20:.1f} for {sessions} sessions")
        assert grown < allowed, f"{grown / 2**20:.0f} MiB, where {allowed / 2**20:.0f} are allowed"


async def open_many(count, server, transport, **options):
    sessions = []
    for _ in range(count):
        session = await SocketIOSession.open(server, transport, **options)
        await session.send('21["join","everyone"]')
        await session.receive()
        sessions.append(session)
    return sessions


async def abandon(sessions):
    for session in sessions:
        await session.engine.abandon()


async def test_many_that_never_finish_what_they_send(bounded):
    growth = Growth(bounded)
    sessions = await open_many(60, bounded, "websocket")
    attachment = b"x" * (BOUNDED_PAYLOAD - 1)
    for session in sessions:
        places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(2))
        await session.send(f'52-["echo",{places}]', attachment)
        frame = encode_frame(BINARY, attachment)
        await session.engine.socket.send_bytes(frame[:-1])
    pollers = await open_many(60, bounded, "polling")
    connections = [await HTTPConnection.open(bounded) for _ in pollers]
    for session, connection in zip(pollers, connections):
        head = f"POST {session.engine.target()} HTTP/1.1\r\nHost: a\r\nContent-Length: {BOUNDED_PAYLOAD}\r\n\r\n"
        await connection.send(head.encode() + attachment)
    # Until the server has read all of it: the last answers after the others.
    async with await SocketIOSession.open(bounded) as last:
        await last.expect_working()
    heads = [await HTTPConnection.open(bounded) for _ in range(60)]
    for connection in heads:
        await connection.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * (15 * KIB))
    async with await SocketIOSession.open(bounded) as last:
        await last.expect_working()
        growth.check(len(sessions) + len(pollers) + 1, len(sessions) + 3 * len(pollers) + 60 + 1)
    await abandon(sessions + pollers)
    for connection in connections + heads:
        connection.close()


async def test_many_that_never_read_a_stream_of_broadcasts(bounded):
    growth = Growth(bounded)
    message, count, each = "x" * 8_000, 1_500, 40
    sessions = []
    for transport in ("websocket", "sse", "polling"):
        options = {} if transport == "polling" else {"receive_buffer": 8192}
        sessions += await open_many(each, bounded, transport, **options)
    async with await SocketIOSession.open(bounded) as sender:
        # 12 MB for each of them, 1.4 GB in all.
        for _ in range(count // 50):
            for _ in range(50):
                await sender.send(f'2["to-room","everyone","flood","{message}"]')
            await sender.send('29["room-size","everyone"]')
            await sender.receive(seconds(60))
        growth.check(len(sessions) + 1, len(sessions) + 1)
        assert bounded.stats()["slowReceivers"] >= each, "they do read, after all"
    await abandon(sessions)


async def test_many_small_messages_for_clients_that_never_read(bounded):
    growth = Growth(bounded)
    sessions = await open_many(100, bounded, "polling")
    async with await SocketIOSession.open(bounded) as sender:
        # Each message that waits takes 48 bytes in the queue of each client: 144 MB in all.
        for _ in range(300):
            for _ in range(100):
                await sender.send('2["to-room","everyone",""]')
            await sender.send('29["room-size","everyone"]')
            await sender.receive(seconds(60))
        growth.check(len(sessions) + 1, len(sessions) + 1)
    await abandon(sessions)
