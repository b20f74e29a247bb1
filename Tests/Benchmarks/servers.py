# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The servers that are measured: how each is started, and how one is run."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER_CORE = "0"
LOAD_CORE = "1"
START_TIMEOUT = 30

# The name in the table, and the protocol that it speaks: raw WebSocket, or Socket.IO.
PEERS = {"ws": "raw", "picows": "raw", "websockets": "raw", "socketify": "raw", "python-socketio": "sio"}

# Martlet spoken to by clients that do not ask for lossless sessions: what those cost is measured against it.
PLAIN = "plain sessions"
# One Martlet without a cluster, however many servers a workload has.
ALONE = "alone"


@dataclass(frozen=True)
class Deployment:
    """How many servers there are, and whether they are a cluster on Redis."""

    nodes: int = 1
    is_cluster: bool = False
    # Whether servers forward requests for each other's sessions.
    forwards: bool = False


SINGLE = Deployment()
CLUSTER_OF_ONE = Deployment(is_cluster=True)
# Whoever publishes is on the first, all others are on the rest.
CLUSTER = Deployment(nodes=3, is_cluster=True)
# Sessions are opened on the first, and all requests go to the second.
FORWARDING = Deployment(nodes=2, is_cluster=True, forwards=True)


class Servers:
    def __init__(self, interop_server, build, python):
        self.interop_server = interop_server
        self.build = build
        self.python = python

    def command(self, name, port, deflates, cluster=()):
        """The command that starts a server on a port."""
        deflate = ["deflate"] if deflates else []
        port = str(port)
        match name:
            case "martlet" | "plain sessions" | "alone":
                offer = ["--permessage-deflate"] if deflates else []
                return [self.interop_server, "--port", port, "--threads", "1", *offer, *cluster]
            case "limit":
                return [self.build / "limit", port]
            case "limit batch":
                return [self.build / "limit", port, "batch"]
            case "ws":
                return ["node", HERE / "peers/node_ws.js", port, *deflate]
            case "python-socketio":
                redis = [option for option in cluster if option.startswith("redis:")]
                return [self.python, HERE / "peers/py_sio.py", port, *deflate, *redis]
            case _:
                return [self.python, HERE / f"peers/py_{name}.py", port, *deflate]

    @contextmanager
    def running(self, name, deflates=False, deployment=SINGLE):
        """Servers that listen, alone on their core. Gives the arguments by which wsload finds them. They are ended
        afterwards."""
        if name == ALONE:
            deployment = SINGLE
        with ExitStack() as ends:
            cluster, others = [], []
            if deployment.is_cluster:
                url, pid = ends.enter_context(self.redis())
                cluster, others = ["--redis", url], ["--other-pid", str(pid)]
            ports, pids = [], []
            for _ in range(deployment.nodes):
                port = free_port()
                address = ["--node-address", f"127.0.0.1:{port}", "--cluster-secret", "not secret: it is a benchmark"]
                options = [*cluster, *(address if deployment.forwards else [])]
                command = self.command(name, port, deflates, options)
                pid = ends.enter_context(self.process(name, command, port, SERVER_CORE))
                ports.append(str(port))
                pids.append(str(pid))
            where = ["--port", ports[0]]
            if deployment.forwards:
                where += ["--request-port", ports[1]]
            elif deployment.nodes > 1:
                where = ["--port", ",".join(ports[1:]), "--publisher-port", ports[0]]
            yield [*where, "--pid", ",".join(pids), *others]

    @contextmanager
    def redis(self):
        """A redis-server that keeps nothing: its URL and process id. It shares a core with the load."""
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            command = [shutil.which("redis-server") or "/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", port]
            command += ["--save", "", "--appendonly", "no", "--dir", folder]
            with self.process("redis", command, port, LOAD_CORE) as pid:
                yield f"redis://127.0.0.1:{port}", pid

    @contextmanager
    def process(self, name, command, port, core):
        environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
        log = self.build / f"{name.replace(' ', '-')}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                ["taskset", "-c", core, *map(str, command)], stdout=output, stderr=output, env=environment)
        try:
            wait_until_listening(process, port, log)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def unavailable_peers(self):
        """The peers that do not start here, and why."""
        reasons = {}
        for name in PEERS:
            try:
                with self.running(name):
                    pass
            except ServerFailed as failure:
                reasons[name] = str(failure)
        return reasons


class ServerFailed(Exception):
    pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_until_listening(process, port, log):
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise ServerFailed(lines[-1] if lines else f"it ended with status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise ServerFailed(f"it did not listen within {START_TIMEOUT} s")
