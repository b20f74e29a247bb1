# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The servers that are measured: how each is started, and how one is run."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER_CORE = "0"
START_TIMEOUT = 30

# The name in the table, and the protocol that it speaks: raw WebSocket, or Socket.IO.
PEERS = {"ws": "raw", "picows": "raw", "websockets": "raw", "socketify": "raw", "python-socketio": "sio"}

# Martlet spoken to by clients that do not ask for lossless sessions: what those cost is measured against it.
PLAIN = "plain sessions"


class Servers:
    def __init__(self, interop_server, build, python):
        self.interop_server = interop_server
        self.build = build
        self.python = python

    def command(self, name, port, deflates):
        """The command that starts a server on a port."""
        deflate = ["deflate"] if deflates else []
        port = str(port)
        match name:
            case "martlet" | "plain sessions":
                offer = ["--permessage-deflate"] if deflates else []
                return [self.interop_server, "--port", port, "--threads", "1", *offer]
            case "limit":
                return [self.build / "limit", port]
            case "limit batch":
                return [self.build / "limit", port, "batch"]
            case "ws":
                return ["node", HERE / "peers/node_ws.js", port, *deflate]
            case "python-socketio":
                return [self.python, HERE / "peers/py_sio.py", port, *deflate]
            case _:
                return [self.python, HERE / f"peers/py_{name}.py", port, *deflate]

    @contextmanager
    def running(self, name, deflates=False):
        """A server that listens, alone on its core: its port and process id. It is ended afterwards."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = ["taskset", "-c", SERVER_CORE, *map(str, self.command(name, port, deflates))]
        environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
        log = self.build / f"{name.replace(' ', '-')}.log"
        with open(log, "wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            wait_until_listening(process, port, log)
            yield port, process.pid
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
