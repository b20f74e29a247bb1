# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A cluster: several servers on one Redis, and proxies in front that send each request to the next of them."""

import contextlib
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

from .proxies import HAProxy, Nginx, NGINX_RECOMMENDED, executable, replace
from .server_process import Endpoint, InteropServer
from .socketio_session import SocketIOSession
from .timing import eventually, milliseconds, seconds

SECRET = "the secret of these tests"
# After so many milliseconds without a word from it a node is dead, where a test kills one.
NODE_TIMEOUT = milliseconds(1000)


def free_port():
    """A port below those that connections are made from, so that it stays free while a server is restarted."""
    while True:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", random.randrange(20_000, 32_000))) as free:
            return free.getsockname()[1]


class Redis:
    """A redis-server that keeps nothing: `with Redis(folder) as redis`."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        log = self.folder / "redis.log"
        self.process = subprocess.Popen(
            [executable("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly",
             "no", "--dir", str(self.folder), "--logfile", str(log)], stdin=subprocess.DEVNULL)
        end = time.monotonic() + seconds(10)
        while True:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", self.port), seconds(1)).close()
            assert self.process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)

    def stop(self, by=signal.SIGTERM):
        """Ends the process, if it runs: connections to it are closed or, by SIGKILL, cut."""
        if self.process:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(by)
            self.process.wait(seconds(10))
            self.process = None

    def restart(self, by=signal.SIGTERM):
        self.stop(by)
        self.start()

    def pause(self):
        """It keeps all connections, and does nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def ask(self, *words):
        """The integers in the answer to a command."""
        with socket.create_connection(("127.0.0.1", self.port), seconds(5)) as connection:
            connection.sendall((" ".join(words) + "\r\nQUIT\r\n").encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return [int(line[1:]) for line in answer.decode().split("\r\n") if line.startswith(":")]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop(signal.SIGKILL)
            raise
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)


class Cluster:
    """Servers on one Redis, each on a port of its own that it keeps: `with Cluster(executable, redis) as cluster`."""

    def __init__(self, executable, redis, count=3, options=(), forwards=False, addresses=None, **limits):
        """
        - forwards: whether a node serves requests for sessions of the others.
        - addresses: where each node says that it can be reached, if that is not where it is.
        - limits: as of `InteropServer`.
        """
        self.executable = executable
        self.redis = redis
        self.options = ["--threads", "2", *options]
        self.ports = [free_port() for _ in range(count)]
        self.addresses = addresses or [f"127.0.0.1:{port}" for port in self.ports]
        self.forwards = forwards
        self.limits = limits
        self.nodes = [None] * count

    def start(self, index):
        options = ["--redis", self.redis.url, *self.options]
        if self.forwards:
            options += ["--node-address", self.addresses[index], "--cluster-secret", SECRET]
        self.nodes[index] = InteropServer(self.executable, options, self.ports[index], **self.limits)
        return self.nodes[index]

    def stop(self, index):
        """Asks a node to end; it must do so well."""
        node, self.nodes[index] = self.nodes[index], None
        code = node.stop()
        assert code == 0, f"the node ended with {code}:\n{node.output()}"

    def kill(self, index):
        node, self.nodes[index] = self.nodes[index], None
        node.stop(signal.SIGKILL)

    @property
    def running(self):
        return [node for node in self.nodes if node]

    def backends(self):
        """Where the nodes are, also those that do not run."""
        return [Endpoint("127.0.0.1", port) for port in self.ports]

    async def assembled(self):
        """Waits until every node that runs knows all others that do, and no other."""
        await assembled(self.running)

    def __enter__(self):
        try:
            for index in range(len(self.ports)):
                self.start(index)
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            return self._kill()
        codes = {node.authority: node.stop() for node in self.running}
        report = "".join(node.output() for node in self.running)
        assert set(codes.values()) == {0}, f"{codes}\n{report}"

    def _kill(self):
        for node in self.running:
            node.stop(signal.SIGKILL)


async def assembled(nodes):
    for node in nodes:
        async with await SocketIOSession.open(node, namespace="/cluster") as session:
            async def everybody_answers():
                await session.send('2/cluster,1["ask-servers",7,300]')
                answer = await session.receive()
                return answer.count('"reply":7') == len(nodes) - 1 and "failure" not in answer
            await eventually(everybody_answers, f"{node.authority} knows {len(nodes) - 1} other nodes", seconds(20))


class RoundRobinNginx(Nginx):
    """Each request goes to the next node; to another if that one is not there."""

    def __init__(self, folder, backends):
        super().__init__(folder, backends, NGINX_RECOMMENDED)

    def with_backend(self, block):
        servers = [f"server {backend.authority};" for backend in self.backend]
        return replace(block, {"server 127.0.0.1:3000;": "\n    ".join(servers)})


class RoundRobinHAProxy(HAProxy):
    """As above."""

    def __init__(self, folder, backends):
        super().__init__(folder, backends)

    def with_backend(self, block):
        servers = [f"server node{index} {backend.authority} check inter 200ms fall 1 rise 1"
                   for index, backend in enumerate(self.backend)]
        lines = ["balance roundrobin", "option redispatch 1", *servers]
        return replace(block, {"server martlet1 127.0.0.1:3000 check": "\n    ".join(lines)})

    def cut(self):
        """Cuts all connections that it has with nodes, and those of the clients that go with them."""
        orders = "; ".join(f"shutdown sessions server martlet/node{index}" for index in range(len(self.backend)))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / "admin"))
            connection.sendall(orders.encode() + b"\n")
            answer = connection.recv(1000).strip()
        assert not answer, answer


ROUND_ROBIN = {"nginx": RoundRobinNginx, "haproxy": RoundRobinHAProxy}
