# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Three servers on one Redis, and clients of three kinds on different servers: what concerns all of them."""

import asyncio

import pytest

from harness.cluster import Cluster, Redis
from harness.cluster_clients import MartletClient, OfficialClient, PythonClient
from harness.socketio_session import SocketIOSession
from harness.timing import eventually

BINARY = bytes(range(256))
NESTED = {"a": [1, "é😀", None, True, 1.5], "bin": BINARY, "deep": {"b": {"c": ["/", b""]}}}
# Who is on which server, and by which transport.
ARRANGEMENTS = {
    "websocket": [(PythonClient, "websocket"), (MartletClient, "websocket"), (OfficialClient, "websocket")],
    "others": [(MartletClient, "polling"), (MartletClient, "sse"), (PythonClient, "polling")],
}


@pytest.fixture(scope="module")
def cluster(servers, tmp_path_factory):
    with Redis(tmp_path_factory.mktemp("redis")) as redis, Cluster(servers.executable, redis) as cluster:
        yield cluster


@pytest.fixture(params=ARRANGEMENTS)
async def clients(request, cluster):
    """One on each server; who is made waits for its turn to end."""
    await cluster.assembled()
    kinds = ARRANGEMENTS[request.param]
    made = await asyncio.gather(*(
        kind.connect(node, [transport], name=f"{kind.kind} {number}")
        for number, (node, (kind, transport)) in enumerate(zip(cluster.nodes, kinds))))
    yield made
    for client in made:
        client.expect_nothing_more()
        assert not client.disconnects
    await asyncio.gather(*(client.close() for client in made))
    await eventually(lambda: sum(node.stats()["sockets"] for node in cluster.nodes) == 0, "all sockets are gone")


async def test_broadcasts(clients):
    for sender in clients:
        for value in ("é", 1.5, None, BINARY, NESTED, "x" * 500_000):
            await sender.emit("broadcast", value)
            for client in clients:
                await client.expect(["broadcast", value])


async def test_rooms(clients):
    one, two, three = clients
    assert await one.call("join", "room") == 1
    assert await three.call("join", "room") == 2
    assert await two.call("room-size", "room") == 2
    await two.emit("to-room", "room", "said", "all", NESTED)
    for client in (one, three):
        await client.expect(["said", "all", NESTED])
    # The sender is left out, also where it is alone.
    await one.emit("to-room", "room", "said", BINARY)
    await three.expect(["said", BINARY])
    # Each socket is a room of its own.
    await one.emit("to-room", three.id, "said", "only you")
    await three.expect(["said", "only you"])
    assert await three.call("leave", "room") == 1
    await two.emit("to-room", "room", "said", "one")
    await one.expect(["said", "one"])
    # Who left has received nothing since; what is behind it in the same channel has come.
    await two.emit("broadcast", "end")
    for client in clients:
        await client.expect(["broadcast", "end"])


async def test_acknowledged_broadcasts(clients):
    everybody = {client.id: [client.name, NESTED] for client in clients}
    for asker in clients:
        answers = await asker.call("ask-all", None, NESTED, 3000)
        assert answers == {"sockets": 3, "missingNodes": 0, "replies": everybody, "failures": {}}
    one, two, three = clients
    await one.call("join", "asked")
    await two.call("join", "asked")
    answers = await three.call("ask-all", "asked", 1, 3000)
    assert answers["replies"] == {client.id: [client.name, 1] for client in (one, two)}
    nobody = await three.call("ask-all", "nobody", 1, 3000)
    assert nobody == {"sockets": 0, "missingNodes": 0, "replies": {}, "failures": {}}


async def test_who_does_not_acknowledge_is_named(clients, cluster):
    async with await SocketIOSession.open(cluster.nodes[1], namespace="/cluster") as silent:
        answers = await clients[0].call("ask-all", None, 1, 500)
        assert answers["replies"] == {client.id: [client.name, 1] for client in clients}
        assert answers["failures"] == {silent.sid: "the acknowledgement did not come in time"}


async def test_sockets_are_fetched_with_what_they_are(clients):
    await clients[1].call("join", "fetched")
    for client in clients:
        fetched = await client.call("fetch", None)
        assert "nodesAsked" not in fetched
        assert {each["id"]: each["auth"] for each in fetched["sockets"]} == {
            client.id: {"name": client.name} for client in clients}
        each, = (await client.call("fetch", "fetched"))["sockets"]
        assert (each["id"], each["rooms"]) == (clients[1].id, sorted(["fetched", clients[1].id]))


async def test_sockets_are_moved_and_disconnected(clients):
    one, two, three = clients
    await one.emit("sockets-join", None, ["x", "y"])
    # The order of one client's events holds on all servers.
    assert await one.call("room-size", "x") == 3
    await two.call("join", "z")
    await three.emit("sockets-leave", "z", ["x"])
    assert await three.call("room-size", "x") == 2
    assert await three.call("room-size", "y") == 3
    await three.emit("disconnect-sockets", "z", False)
    await eventually(lambda: two.disconnects, "the disconnect")
    assert await three.call("room-size", "y") == 2
    two.disconnects.clear()


async def test_events_between_servers(clients):
    for teller in clients:
        await teller.emit("tell-servers", NESTED)
        for client in clients:
            if client is not teller:
                await client.expect(["told", NESTED])
        answers = await teller.call("ask-servers", BINARY, 3000)
        assert [answer["reply"] for answer in answers] == [BINARY, BINARY]
        assert len({answer["node"] for answer in answers}) == 2


async def test_presence(clients):
    """A user on two servers is one member, and all servers tell of each change once."""
    one, two, three = clients
    ada = {"user": "ada", "info": "Ada"}
    bob = {"user": "bob", "info": "Bob"}
    await one.emit("enter", "lobby", "ada", "Ada")
    await one.expect(["presence", "entered", ada])

    async def is_everywhere(*members):
        for client in clients:
            async def has_members():
                return client.disconnects or await client.call("members", "lobby") == list(members)
            await eventually(has_members, f"{client.name} sees {members}")
    await is_everywhere(ada)
    await two.emit("enter", "lobby", "bob", "Bob")
    for client in (one, two):
        await client.expect(["presence", "entered", bob])
    await is_everywhere(ada, bob)
    await three.emit("enter", "lobby", "ada", "Ada")
    # Both sockets of Ada's have to go before she has left.
    assert await three.call("room-size", "lobby") == 3
    await two.emit("disconnect-sockets", one.id, False)
    await eventually(lambda: one.disconnects, "the disconnect")
    await is_everywhere(ada, bob)
    await two.emit("disconnect-sockets", three.id, False)
    await two.expect(["presence", "left", ada])
    await is_everywhere(bob)
    one.disconnects.clear()
    three.disconnects.clear()
    await two.emit("disconnect-sockets", two.id, False)
    await eventually(lambda: two.disconnects, "the disconnect")
    two.disconnects.clear()


async def test_each_sender_s_events_stay_in_order(clients):
    """Of all at once, from all servers, to all sockets."""
    count = 300

    async def send(sender):
        for number in range(count):
            await sender.emit("broadcast", [sender.name, number, b"x" if number % 10 == 0 else None])
            if number % 20 == 0:
                await asyncio.sleep(0)
    await asyncio.gather(*map(send, clients))
    for client in clients:
        came = [(await client.next())[1] for _ in range(3 * count)]
        for sender in clients:
            assert [number for name, number, _ in came if name == sender.name] == list(range(count))
