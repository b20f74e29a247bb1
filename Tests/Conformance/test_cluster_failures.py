# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What becomes of a cluster when a server is killed, and when Redis is restarted, hangs, or is gone."""

import asyncio
import signal
import time

import pytest

from harness.cluster import NODE_TIMEOUT, Cluster, Redis
from harness.cluster_clients import MartletClient, PythonClient
from harness.timing import DEADLINE, eventually, seconds

LIMIT = NODE_TIMEOUT / 1000
# A node counts as dead so long after its last word, which may have been just before; heartbeats come four times as often.
NOTICED = LIMIT * 1.5 + seconds(0.5)


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path) as redis:
        yield redis


@pytest.fixture
async def cluster(servers, redis):
    with Cluster(servers.executable, redis, options=["--node-timeout", str(NODE_TIMEOUT)]) as cluster:
        await cluster.assembled()
        yield cluster


@pytest.fixture
async def clients(cluster):
    made = await asyncio.gather(
        PythonClient.connect(cluster.nodes[0], name="zero"),
        MartletClient.connect(cluster.nodes[1], name="one"),
        PythonClient.connect(cluster.nodes[2], name="two"))
    yield made
    await asyncio.gather(*(client.close() for client in made))


async def broadcasts_reach_everybody(clients):
    for sender in clients:
        await sender.emit("broadcast", [sender.name])
        for client in clients:
            await client.expect(["broadcast", [sender.name]])


async def drain(clients):
    """Past what came of those who worked meanwhile."""
    await clients[0].emit("broadcast", "end")
    for client in clients:
        while await client.next() != ["broadcast", "end"]:
            pass


async def test_a_server_is_killed(cluster, clients):
    """Whoever asks meanwhile is told how many have answered, no later than the others can know that it is dead."""
    zero, one, _ = clients
    await broadcasts_reach_everybody(clients)
    async with await PythonClient.connect(cluster.nodes[0], name="many") as many, \
            await PythonClient.connect(cluster.nodes[1], name="all") as asker:
        alive = {client.id for client in (zero, one, many, asker)}
        # Some of these questions are answered before it happens, one is not; the others come when nobody knows of it yet.
        many.answers = []
        asking = asyncio.create_task(ask_often(many))
        await eventually(lambda: asking.done() or len(many.answers) > 3, "some answers")
        began = time.monotonic()
        cluster.kill(2)
        fetched, told, asked = await asyncio.gather(
            zero.call("fetch", None), one.call("ask-servers", 1, 10_000), asker.call("ask-all", None, 2, 10_000))
        took = time.monotonic() - began
        assert {each["id"] for each in fetched["sockets"]} == alive
        assert (fetched["nodesAsked"], fetched["nodesAnswered"]) == (3, 2)
        assert sorted(answer.get("reply", 0) for answer in told) == [0, 1]
        assert [answer["failure"] for answer in told if "failure" in answer] == [
            "the acknowledgement did not come in time"]
        assert asked["missingNodes"] == 1 and asked["replies"].keys() == alive
        assert LIMIT / 2 < took < NOTICED, took
        many.is_asking = False
        await asking
        for answer in many.answers:
            # Its socket was asked and has answered, or was lost while it was asked, or its node has not said what it asks.
            assert answer["replies"].keys() >= alive and answer["missingNodes"] <= 1
            assert len(answer["replies"]) + len(answer["failures"]) == answer["sockets"]

    # From now on it is not asked any more.
    began = time.monotonic()
    for client in (zero, one):
        fetched = await client.call("fetch", None)
        assert "nodesAsked" not in fetched and len(fetched["sockets"]) == 2
    assert time.monotonic() - began < LIMIT / 2
    await broadcasts_reach_everybody([zero, one])
    # A new one in its place is asked at once.
    cluster.start(2)
    await cluster.assembled()
    async with await PythonClient.connect(cluster.nodes[2], name="new") as new:
        await broadcasts_reach_everybody([zero, one, new])


async def ask_often(client):
    client.is_asking = True
    while client.is_asking:
        client.answers.append(await client.call("ask-all", None, len(client.answers), 2000))


async def local_work_goes_on(cluster, during, rounds=20):
    """Two clients of one server do everything that concerns only them, and nothing waits for Redis."""
    async with await PythonClient.connect(cluster.nodes[0]) as client, \
            await MartletClient.connect(cluster.nodes[0]) as other:
        await other.emit("enter", "here", "ada", "Ada")
        await other.expect(["presence", "entered", {"user": "ada", "info": "Ada"}])
        slowest = 0
        for number in range(rounds):
            began = time.monotonic()
            assert await client.call("echo", number) == number
            await client.expect(["echo", number])
            await client.emit("broadcast", number)
            await client.emit("to-room", other.id, "said", number)
            await other.expect(["broadcast", number], ["said", number])
            await client.expect(["broadcast", number])
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < seconds(0.5), f"{slowest:.2f} s {during}"


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL], ids=["ends", "is killed"])
async def test_redis_is_restarted(cluster, clients, redis, by):
    await broadcasts_reach_everybody(clients)
    redis.stop(by)
    await local_work_goes_on(cluster, "while Redis is away")
    redis.start()
    await cluster.assembled()
    await drain(clients)
    await broadcasts_reach_everybody(clients)
    assert not any(client.disconnects for client in clients)


async def test_redis_hangs(cluster, clients, redis):
    """Its connections stay, and nothing comes through them; what was sent meanwhile comes later."""
    redis.pause()
    # As long as the others do not count as dead.
    await clients[0].emit("broadcast", "later")
    await clients[0].expect(["broadcast", "later"])
    fetched, _ = await asyncio.gather(
        clients[1].call("fetch", None, limit=DEADLINE), local_work_goes_on(cluster, "while Redis hangs"))
    assert (fetched["nodesAsked"], fetched["nodesAnswered"]) == (3, 1)
    assert [each["id"] for each in fetched["sockets"]] == [clients[1].id]
    redis.go_on()
    await cluster.assembled()
    for client in clients[1:]:
        await client.expect(["broadcast", "later"])
    await drain(clients)
    await broadcasts_reach_everybody(clients)


async def test_redis_is_gone_for_good(cluster, clients, redis):
    redis.stop(signal.SIGKILL)
    # A flood that nobody takes: it is dropped in the end, and costs no more memory than the bus may queue.
    zero = clients[0]
    filling = "x" * 100_000
    before = cluster.nodes[0].resident_bytes()
    for number in range(600):
        await zero.emit("broadcast", filling)
        await zero.expect(["broadcast", filling])
    assert cluster.nodes[0].resident_bytes() - before < 50 << 20
    await local_work_goes_on(cluster, "with Redis gone")
    # After a while each server is alone, and a question is answered at once.
    await eventually(lambda: is_alone(zero), "the others count as dead", NOTICED + DEADLINE)
    began = time.monotonic()
    assert await zero.call("room-size", zero.id) == 1
    assert await zero.call("ask-servers", 1, 5000) == []
    answers = await zero.call("ask-all", None, 1, 5000)
    assert (answers["sockets"], answers["missingNodes"]) == (1, 0)
    assert time.monotonic() - began < seconds(1)
    # Ending does not wait for Redis either; the cluster's end checks that each node ends well.
    began = time.monotonic()
    cluster.stop(0)
    assert time.monotonic() - began < seconds(5)


async def is_alone(client):
    return "nodesAsked" not in await client.call("fetch", None, limit=DEADLINE)
