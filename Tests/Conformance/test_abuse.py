# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Abuse in numbers. Each kind has a server of its own, on which well-behaved clients of each transport go on: they are
answered as soon as before, and lose nothing."""

import asyncio
import contextlib

from harness.abuse import Abuse
from harness.abusers import LONG_HEAD, ROOM
from harness.http_client import HTTPConnection
from harness.server_process import MIB
from harness.socketio_session import SocketIOSession
from harness.timing import eventually, milliseconds, seconds, within
from harness.watch import Watch

MAX_PAYLOAD = 1_000_000
MAX_UNSENT = 16 * MIB
MAX_DISCARDED = 64 * MIB
# The sessions of abusers that have gone are soon noticed.
QUICK_HEARTBEATS = "--ping-interval", str(milliseconds(1000)), "--ping-timeout", str(milliseconds(1000))
# What a connection, its request and its session take by themselves.
CONNECTION = 16 << 10
# What the process takes for all of them together.
SHARED = 32 * MIB
# What it may hold afterwards that it did not hold before: tables that have grown, and pools.
KEPT = 8 * MIB


def most_memory(connections, held=0):
    """A buffer may have doubled past what is in it."""
    return connections * (CONNECTION + 2 * held) + SHARED


@contextlib.asynccontextmanager
async def watched(servers, connections, *options, held=0, shared=0, **watching):
    """A server with well-behaved clients, on which connections may cost that each hold so many bytes, and all of them
    together so many. At the end it has the memory, the sessions and the descriptors that it had before."""
    server = servers.start_own(list(options), trims=True)
    try:
        server.assert_alive()
        descriptors = server.open_descriptors()
        async with Watch(server, **watching) as watch:
            await watch.go_on()
            held_before = await server.held_bytes()
            before = server.resident_bytes()
            server.forget_most_resident_bytes()
            yield server, watch
            await watch.go_on()
            await eventually(lambda: server.stats()["sessions"] == 3, "the sessions are gone", seconds(60))
            await watch.go_on()
            grown, kept = server.most_resident_bytes() - before, await server.held_bytes() - held_before
            print(f"{watch}\n{grown / MIB:.1f} MiB, {kept / MIB:.1f} kept; {server.cpu_seconds():.1f} s of CPU")
            assert grown <= most_memory(connections, held) + shared, f"{grown / MIB:.1f} MiB"
            assert kept <= KEPT, f"{kept / MIB:.1f} MiB"
        await eventually(lambda: server.open_descriptors() <= descriptors, "the connections are gone")
        assert await asyncio.to_thread(server.stop) == 0, server.output()
    finally:
        server.stop()


async def test_heads_that_never_come(servers):
    """Connections that are silent, or whose heads come a byte at a time or have no end: 408 after 10 s."""
    silent, endless, slow = 5_000, 5_000, 300
    count = silent + endless + slow
    async with (watched(servers, count, held=len(LONG_HEAD)) as (server, watch),
                Abuse.running("silent", server, silent) as silence,
                Abuse.running("endless", server, endless) as heads, Abuse.running("slow_heads", server, slow) as drops):
        await silence.until(lambda state: state["opened"] == silent, "all connections")
        await heads.until(lambda state: state["opened"] == endless, "all endless heads")
        await drops.until(lambda state: state["opened"] == slow, "all slow heads")
        await watch.go_on()
        for abuse, count in ((silence, silent), (heads, endless), (drops, slow)):
            await abuse.until(lambda state: state["ended"] == count, "all are closed")
        assert heads.state["refused"] == endless and drops.state["refused"] == slow


async def test_bodies_that_come_a_byte_at_a_time(servers):
    count = 500
    async with watched(servers, count, *QUICK_HEARTBEATS) as (server, watch):
        async with Abuse.running("slow_bodies", server, count) as abuse:
            await abuse.until(lambda state: state["opened"] == count, "all bodies have begun")
            await abuse.until(lambda state: state["sent"] >= 2 * count, "bytes of each")
            await watch.go_on(100)


async def test_a_thousand_clients_that_do_not_read(servers):
    """A broadcast is kept once in each of the forms of the three transports, however many have not taken it. What was
    sent in part a connection keeps by itself."""
    count, message, size = 1_000, "x" * 100_000, 100_000
    async with watched(servers, count, held=size, shared=3 * (MAX_UNSENT + 4 * MIB), room=ROOM) as (server, watch):
        async with Abuse.running("unread", server, count) as abuse:
            await abuse.until(lambda state: state["opened"] == count, "all are in the room")
            async with await SocketIOSession.open(server) as sender:
                sent = 0
                while server.stats()["slowReceivers"] < count:
                    sent += 1
                    await sender.send(f'2["to-room","{ROOM}","flood",{sent},"{message}"]')
                    await watch.until_heard(sent)
                    assert sent * size < 2 * MAX_UNSENT, "they are still there"
                await sender.send(f'23["room-size","{ROOM}"]')
                await sender.expect("33[3]")
            assert server.stats()["slowReceivers"] == count


async def test_a_hundred_bombs(servers):
    count = 100
    async with watched(servers, count, "--permessage-deflate", held=MAX_PAYLOAD) as (server, watch):
        async with Abuse.running("bombs", server, count) as abuse:
            state = await abuse.until(lambda state: state["ended"] == count, "all are closed")
            assert state["refused"] > 0
        # Inflating what a message may be takes a millisecond; 1 GiB takes one and a half seconds.
        assert server.cpu_seconds() < seconds(10)


async def test_posts_of_a_gibibyte(servers):
    count = 4
    async with watched(servers, count, *QUICK_HEARTBEATS, held=MAX_PAYLOAD) as (server, watch):
        async with Abuse.running("large_posts", server, count) as abuse:
            state = await abuse.until(lambda state: state["ended"] == count, "all are closed")
            # What the two kernels keep for a connection comes to what the server has read.
            assert state["sent"] <= count * (MAX_DISCARDED + 16 * MIB)


async def test_no_descriptor_is_left(servers):
    """Who comes then waits to be accepted; those that are there go on. It costs no time, and ends by itself."""
    server = servers.start_own([], descriptors=200)
    try:
        async with Watch(server, keeps_alive=True) as watch:
            await watch.go_on()
            calm = await cpu_used(server, watch)
            crowd = [await HTTPConnection.open(server) for _ in range(300)]
            await eventually(lambda: server.open_descriptors() >= 199, "no descriptor is left")
            assert await cpu_used(server, watch) < calm + seconds(0.2)
            late = await HTTPConnection.open(server)
            await late.send_request("GET", "/healthz")
            await watch.go_on()
            assert not late.reader._buffer, "it was accepted"
            for connection in crowd:
                connection.close()
            response = await within(late.read_response(), what="it is accepted")
            assert (response.status, response.body) == (200, b"ok")
            async with await SocketIOSession.open(server) as session:
                await session.expect_working()
        assert await asyncio.to_thread(server.stop) == 0, server.output()
    finally:
        server.stop()


async def cpu_used(server, watch):
    """What the server computes in a while in which its clients get a hundred answers each."""
    before = server.cpu_seconds()
    await watch.go_on(100)
    return server.cpu_seconds() - before
