# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Three servers behind proxies that send each request to the next one, whatever session it belongs to."""

import asyncio
import contextlib
import functools
import json
import os
import random

import pytest

from harness.cluster import NODE_TIMEOUT, ROUND_ROBIN, Cluster, Redis
from harness.cluster_clients import MartletClient, OfficialClient, PythonClient
from harness.http_client import request
from harness.numbered_messages import NumberedMessages
from harness.socketio_session import SocketIOSession
from harness.timing import DEADLINE, eventually, seconds, within

BINARY = bytes(range(256))
TEXT = "é" * 100_000
# The clients, how each connects, and by what it is connected in the end.
CLIENTS = {
    "python-socketio, polling": (PythonClient, ["polling"]),
    "python-socketio, upgrade": (PythonClient, ["polling", "websocket"]),
    "socket.io-client, polling": (OfficialClient, ["polling"]),
    "socket.io-client, upgrade": (OfficialClient, ["polling", "websocket"]),
    "martlet, polling": (MartletClient, ["polling"]),
    "martlet, sse": (MartletClient, ["sse"]),
    "martlet, websocket": (MartletClient, ["websocket"]),
}
PROXIES = pytest.mark.parametrize("name", ROUND_ROBIN)
# 10,000 each way; more make it a soak test.
MESSAGES = int(os.environ.get("MARTLET_STORM_MESSAGES", "10000"))


@pytest.fixture(scope="module")
def cluster(servers, tmp_path_factory):
    options = ["--trusted-proxy", "127.0.0.1", "--node-timeout", str(NODE_TIMEOUT)]
    with Redis(tmp_path_factory.mktemp("redis")) as redis, \
            Cluster(servers.executable, redis, forwards=True, options=options) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def balancers(cluster, tmp_path_factory):
    """Gives the proxy of a name in front of the cluster."""
    with contextlib.ExitStack() as ends:
        @functools.cache
        def balancer(name):
            return ends.enter_context(ROUND_ROBIN[name](tmp_path_factory.mktemp(name), cluster.backends()))
        yield balancer


@PROXIES
async def test_requests_do_go_round(servers, tmp_path, name):
    """The counterpart: without forwarding, two of three requests of a session meet a server that does not know it."""
    with contextlib.ExitStack() as ends:
        nodes = [servers.start_own([]) for _ in range(3)]
        for node in nodes:
            ends.callback(node.stop)
        proxy = ends.enter_context(ROUND_ROBIN[name](tmp_path, nodes))
        session = await SocketIOSession.open(proxy, "polling", connect=False)
        target = f"/socket.io/?EIO=4&transport=polling&sid={session.engine.sid}"
        answers = [await request(proxy, "POST", target, body=b"3") for _ in range(6)]
        assert [answer.status for answer in answers].count(200) <= 2
        assert all(json.loads(answer.body)["code"] == 1 for answer in answers if answer.status == 400)


@PROXIES
@pytest.mark.parametrize("kind", CLIENTS)
async def test_clients(cluster, balancers, name, kind):
    await cluster.assembled()
    client_kind, transports = CLIENTS[kind]
    # The official client's polling in Node hands binary over as text.
    value = ["é", BINARY] if client_kind is not OfficialClient else ["é", 1.5]
    async with await client_kind.connect(balancers(name), transports, name=kind) as client, \
            await SocketIOSession.open(cluster.nodes[0], namespace="/cluster") as other:
        await eventually(lambda: client.transport == transports[-1], f"{kind} is on {transports[-1]}")
        for number in range(30):
            assert await client.call("echo", number) == number
            await client.expect(["echo", number])
        assert await client.call("echo", value) == value
        await client.expect(["echo", value])
        assert await client.call("echo", TEXT) == TEXT
        await client.expect(["echo", TEXT])
        await client.emit("count", 1000)
        await client.expect(*(["tick", number] for number in range(1, 1001)))
        await client.call("join", "room")
        await other.send('2/cluster,["to-room","room","said","é"]')
        await client.expect(["said", "é"])
        assert not client.disconnects


@PROXIES
async def test_the_client_s_address_is_kept(balancers, name):
    """Though another server took the request from the proxy."""
    for _ in range(3):
        async with await SocketIOSession.open(balancers(name).seen_from("127.0.0.2"), "polling") as session:
            await session.send('21["origin"]')
            answer = json.loads((await session.receive())[2:])
            assert answer[0]["address"] == "127.0.0.2"


async def test_nothing_is_lost_in_a_storm(cluster, balancers):
    """Every 100 ms all connections are cut, or the client changes its transport: each time it comes to another server."""
    proxy = balancers("haproxy")
    seed = int(os.environ.get("MARTLET_STORM_SEED") or random.randrange(2**31))
    print(f"MARTLET_STORM_SEED={seed}")
    choices = random.Random(seed)
    counts = {"cut": 0, "switch": 0}

    async def storm(client):
        while True:
            deed = choices.choice(list(counts))
            counts[deed] += 1
            if deed == "cut":
                await asyncio.to_thread(proxy.cut)
            else:
                await client.tell("switch " + choices.choice(["websocket", "sse", "polling"]))
            await asyncio.sleep(0.1)

    async with NumberedMessages.running(proxy, "websocket", "sse", "polling", broadcasts=True) as client:
        await client.expect_progress()
        storming = asyncio.create_task(storm(client))
        try:
            await client.until(lambda state: state["sent"] >= MESSAGES, "the storm is over", seconds(MESSAGES / 100))
        finally:
            storming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await storming
        state = await client.finish()
    print(counts, state)
    assert state["sent"] == state["received"] >= MESSAGES
    assert state["heard"] == {state["sockets"][0]: state["published"]}
    assert (state["disconnects"], len(state["sessions"]), len(state["sockets"])) == (0, 1, 1)
    assert min(counts.values()) >= 10 and state["attaches"] >= 20


async def test_what_a_client_sends_with_its_upgrade_reaches_the_session(cluster):
    """Together with the request, before anybody has agreed to the upgrade; and then it is gone."""
    owner, other, _ = cluster.nodes
    for is_cut in [False, True] * 10:
        async with await SocketIOSession.open(owner, "polling") as session:
            target = f"/socket.io/?EIO=4&transport=websocket&sid={session.engine.sid}"
            reader, writer = await asyncio.open_connection(other.host, other.port)
            try:
                writer.write(
                    f"GET {target} HTTP/1.1\r\nHost: {other.authority}\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode() + b"\x81\x86\0\0\0\0" + b"2probe")
                if not is_cut:
                    await within(reader.readuntil(b"\x81\x063probe"), what="the answer to the probe")
            finally:
                writer.transport.abort()
            await session.expect_working()


async def test_a_server_that_cannot_be_reached(servers, tmp_path):
    """Two servers that live, and cannot reach each other: no verdict, so that a lossless session may go on later."""
    # Nobody listens there.
    wrong = ["127.0.0.1:1", "127.0.0.1:2"]
    options = ["--node-timeout", str(NODE_TIMEOUT)]
    with Redis(tmp_path) as redis, \
            Cluster(servers.executable, redis, 2, options, forwards=True, addresses=wrong) as cluster:
        await cluster.assembled()
        owner, other = cluster.nodes
        async with await SocketIOSession.open(owner, "polling") as session, \
                await SocketIOSession.open(other) as across:
            target = f"/socket.io/?EIO=4&transport=polling&sid={session.engine.sid}"
            for _ in range(3):
                refused = await request(other, "POST", target, body=b"3")
                assert refused.status == 503 and refused.header("Retry-After")
            await session.expect_working()
            # The bus carries what it did before.
            await across.send('2["broadcast",1]')
            for each in (across, session):
                await each.expect('2["broadcast",1]')


async def test_a_server_that_died(cluster):
    """Requests for its sessions get no verdict while it may live, and then the one that says that a session is gone."""
    owner = cluster.nodes[2]
    session = await SocketIOSession.open(owner, "polling")
    target = f"/socket.io/?EIO=4&transport=polling&sid={session.engine.sid}"
    assert (await request(cluster.nodes[0], "POST", target, body=b"3")).status == 200
    cluster.kill(2)
    try:
        async def is_unknown():
            response = await request(cluster.nodes[0], "POST", target, body=b"3")
            if response.status == 400:
                return json.loads(response.body)["code"] == 1
            assert response.status == 503 and response.header("Retry-After")
        await eventually(is_unknown, "the session is unknown", NODE_TIMEOUT / 1000 * 2 + DEADLINE)
    finally:
        cluster.start(2)
        await cluster.assembled()
