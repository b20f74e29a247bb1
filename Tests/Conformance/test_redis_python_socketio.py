# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Two servers of a cluster on Redis, and python-socketio 5.18 beside them: its managers, and whole servers of its own."""

import asyncio
import contextlib
import threading

import msgpack
import pytest
import redis
import socketio
from aiohttp import web

from harness.cluster import Redis
from harness.timing import DEADLINE, eventually, within

BINARY = bytes(range(256))
NESTED = {"img": BINARY, "n": 1, "l": [b"hi", None, 1.5, "é"]}


class Cluster:
    def __init__(self, url, channel, nodes):
        self.url = url
        self.channel = channel
        self.nodes = nodes


def cluster(channel):
    @pytest.fixture(scope="module")
    def fixture(servers, tmp_path_factory):
        with contextlib.ExitStack() as ends:
            url = ends.enter_context(Redis(tmp_path_factory.mktemp("redis"))).url
            options = ["--redis", url, "--redis-mode", "classic", "--python-channel", channel]
            nodes = [servers.start_own(options) for _ in range(2)]
            for node in nodes:
                ends.callback(node.stop)
            # Both have subscribed, and to what servers of Node's subscribe to.
            with redis.Redis.from_url(url) as connection:
                expected = {channel.encode(): 2, b"socket.io-request#/#": 2, b"martlet/": 2}
                while dict(connection.pubsub_numsub(*expected)) != expected:
                    for node in nodes:
                        node.assert_running()
            yield Cluster(url, channel, nodes)
            assert [node.stop() for node in nodes] == [0, 0]
    return fixture


python_cluster = cluster("socketio")
flask_cluster = cluster("flask-socketio")


class Client:
    """A client that keeps what it is sent, and answers a question with its arguments and its name."""

    def __init__(self, name="client"):
        self.client = socketio.AsyncClient(reconnection=False)
        self.events = []
        self.name = name
        self.client.on("*", self._keep)
        self.client.on("question", self._answer)

    async def _keep(self, event, *arguments):
        if event != "auth":
            self.events.append((event, *arguments))

    async def _answer(self, *arguments):
        return (self.name, *arguments)

    async def connect(self, url):
        await within(self.client.connect(url, transports=["websocket"], wait_timeout=DEADLINE), DEADLINE * 2)
        return self

    @property
    def sid(self):
        return self.client.get_sid("/")

    async def received(self, *expected):
        """Has received just this so far, each once and in order."""
        await eventually(lambda: len(self.events) >= len(expected), f"{self.events} is {expected}")
        assert self.events == list(expected)
        self.events.clear()

    async def join(self, room):
        await within(self.client.call("join", room, timeout=DEADLINE))


@contextlib.asynccontextmanager
async def clients(cluster, *more):
    """A client on each node, and on other servers."""
    made = []
    try:
        for number, url in enumerate([node.url for node in cluster.nodes] + list(more)):
            made.append(await Client(f"client {number}").connect(url))
        yield made
    finally:
        for client in made:
            await client.client.disconnect()


class Manager:
    """A manager that only writes, sync or async."""

    def __init__(self, kind, cluster):
        self.manager = kind(cluster.url, channel=cluster.channel, write_only=True)
        self.is_async = kind is socketio.AsyncRedisManager

    def __getattr__(self, name):
        async def call(*arguments, **options):
            result = getattr(self.manager, name)(*arguments, **options)
            return await result if self.is_async else result
        return call


MANAGERS = pytest.mark.parametrize("kind", [socketio.RedisManager, socketio.AsyncRedisManager])


@MANAGERS
async def test_what_a_manager_emits(python_cluster, kind):
    manager = Manager(kind, python_cluster)
    async with clients(python_cluster) as (one, two):
        await one.join("room1")
        await two.join("room2")
        await manager.emit("news", {"a": 1})
        await manager.emit("news", None)
        await manager.emit("news", (1, "two", NESTED))
        await manager.emit("news", [1, BINARY])
        await manager.emit("one", "x", room="room1")
        await manager.emit("both", "x", to=["room1", "room2"])
        await manager.emit("two", BINARY, skip_sid=one.sid)
        await manager.emit("one", b"", to=["room1", "room2"], skip_sid=[two.sid])
        await manager.emit("elsewhere", 1, namespace="/custom")
        await manager.emit("one", 2, room=one.sid)
        await manager.emit("end", 1)
        everybody = [("news", {"a": 1}), ("news",), ("news", 1, "two", NESTED), ("news", [1, BINARY])]
        await one.received(*everybody, ("one", "x"), ("both", "x"), ("one", b""), ("one", 2), ("end", 1))
        await two.received(*everybody, ("both", "x"), ("two", BINARY), ("end", 1))


@MANAGERS
async def test_what_a_manager_does_to_rooms(python_cluster, kind):
    manager = Manager(kind, python_cluster)
    async with clients(python_cluster) as (one, two):
        await manager.enter_room(one.sid, "/", "r")
        await manager.enter_room(two.sid, "/", "r")
        await manager.emit("in", 1, room="r")
        await manager.leave_room(two.sid, "/", "r")
        await manager.emit("in", 2, room="r")
        await manager.close_room("r")
        await manager.emit("in", 3, room="r")
        await manager.emit("end", 1)
        await one.received(("in", 1), ("in", 2), ("end", 1))
        await two.received(("in", 1), ("end", 1))


async def test_pickles_are_dropped(python_cluster):
    async with clients(python_cluster) as (one, _):
        with redis.Redis.from_url(python_cluster.url) as connection:
            connection.publish("socketio", b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00}\x94.")
            connection.publish("socketio", b"{")
        await Manager(socketio.RedisManager, python_cluster).emit("end", 1)
        await one.received(("end", 1))


@contextlib.asynccontextmanager
async def python_server(cluster):
    """A server of python-socketio on the same Redis, and its URL."""
    server = socketio.AsyncServer(
        async_mode="aiohttp", client_manager=socketio.AsyncRedisManager(cluster.url, channel=cluster.channel))
    application = web.Application()
    server.attach(application)

    @server.on("join")
    async def join(sid, room):
        await server.enter_room(sid, room)
        return 1

    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield server, f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    finally:
        await runner.cleanup()


async def listening(cluster, count):
    """So many listen on the channel."""
    with redis.Redis.from_url(cluster.url) as connection:
        await eventually(lambda: connection.pubsub_numsub(cluster.channel)[0][1] >= count, "somebody listens")


async def test_a_python_server_beside_ours(python_cluster):
    async with python_server(python_cluster) as (server, url), clients(python_cluster, url) as (one, two, python):
        await listening(python_cluster, 3)
        for client in (one, two, python):
            await client.join("room")
        # From there, and from here.
        await server.emit("from-python", NESTED, room="room")
        for client in (one, two, python):
            await client.received(("from-python", NESTED))
        await one.client.emit("broadcast", BINARY)
        for client in (one, two, python):
            await client.received(("broadcast", BINARY))
        # To the room, but for the sender.
        await one.client.emit("to-room", ("room", "said", 1, NESTED))
        await python.received(("said", 1, NESTED))
        await two.received(("said", 1, NESTED))
        # With an answer from a client that is here.
        for client in (one, two):
            answer = await within(server.call("question", ("x", 1), to=client.sid, timeout=DEADLINE))
            assert answer == (client.name, "x", 1)
        # Operations on a client that is here.
        await server.enter_room(two.sid, "vip")
        await server.emit("vip", 1, room="vip")
        await two.received(("vip", 1))
        await server.close_room("vip")
        await server.emit("vip", 2, room="vip")
        await server.disconnect(two.sid)
        await eventually(lambda: not two.client.connected, "the disconnect")
        await server.emit("end", 1)
        await one.received(("end", 1))
        assert two.events == []


async def test_a_flask_server_beside_ours(flask_cluster):
    """Flask-SocketIO's server: sync, on its own channel."""
    server = socketio.Server(
        async_mode="threading", client_manager=socketio.RedisManager(flask_cluster.url, channel="flask-socketio"))
    server.manager_initialized = True
    server.manager.initialize()
    await listening(flask_cluster, 3)
    async with clients(flask_cluster) as (one, two):
        answers = []
        answered = threading.Event()

        def callback(*arguments):
            answers.append(arguments)
            answered.set()

        await asyncio.to_thread(server.emit, "question", 5, to=two.sid, callback=callback)
        assert await asyncio.to_thread(answered.wait, DEADLINE)
        assert answers == [(two.name, 5)]
        await asyncio.to_thread(server.emit, "news", BINARY, skip_sid=two.sid)
        await asyncio.to_thread(server.emit, "end", 1)
        await one.received(("news", BINARY), ("end", 1))
        await two.received(("end", 1))


async def test_an_emitter_in_nodes_format(python_cluster):
    """As ports of Node's emitter to other languages write it."""
    def emit(data, rooms=(), **options):
        packet = {"type": 2, "data": data, "nsp": "/"}
        message = msgpack.packb(["emitter", packet, {"rooms": list(rooms), "flags": {}, **options}])
        connection.publish("socket.io#/#" + (f"{rooms[0]}#" if len(rooms) == 1 else ""), message)

    with redis.Redis.from_url(python_cluster.url) as connection:
        async with clients(python_cluster) as (one, two):
            await one.join("a")
            await two.join("b")
            emit(["news", 1, NESTED])
            emit(["one", "x"], ["a"])
            emit(["both"], ["a", "b"])
            emit(["two"], ["a", "b"], **{"except": ["a"]})
            connection.publish("socket.io#/#", b"\xc1")
            connection.publish("socket.io-request#/#", b'{"type":2,"opts":{"rooms":["a"],"except":[]},"rooms":["c"]}')
            emit(["one", "c"], ["c"])
            emit(["end", 1])
            await one.received(("news", 1, NESTED), ("one", "x"), ("both",), ("one", "c"), ("end", 1))
            await two.received(("news", 1, NESTED), ("both",), ("two",), ("end", 1))
