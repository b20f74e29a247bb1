# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The example's executable as a process on a free port of this machine."""

import contextlib
import pathlib
import socket
import subprocess

from chromium import until
from demo import Demo
from websockets.sync.client import connect


class Websocketd(Demo):
    """Serves a program over WebSockets."""

    product = "websocketd"

    def __init__(self, *program, **options):
        super().__init__()
        self._arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._program = [str(each) for each in program]

    @property
    def command(self):
        return [self.executable, f"--port={self.port}", *self._arguments, "--", *self._program]

    def connect(self, **options):
        return connect(f"ws://127.0.0.1:{self.port}/", **options)

    def connect_silently(self):
        """A peer that asks for a WebSocket, and never reads anything."""
        peer = socket.socket()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        peer.connect(("127.0.0.1", self.port))
        peer.sendall(
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        return peer

    def processes(self):
        """The children, those that have ended and are not reaped among them."""
        threads = pathlib.Path(f"/proc/{self.pid}/task").iterdir()
        return [int(each) for thread in threads for each in (thread / "children").read_text().split()]

    def bytes_written(self):
        """By the process that has written most so far."""
        written = [0]
        for process in self.processes():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                counters = pathlib.Path(f"/proc/{process}/io").read_text().split()
                written.append(int(counters[counters.index("wchar:") + 1]))
        return max(written)

    def has_no_processes(self):
        until(lambda: not self.processes(), "no process is left")


def is_gone(pid):
    """Whether a process that is nobody's child any more has ended. Who inherits it may be slow to reap it."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def refuses(*arguments):
    """What the executable says of arguments that it does not take."""
    answer = subprocess.run([Websocketd().executable, *arguments], capture_output=True, text=True, timeout=10)
    assert answer.returncode == 64, answer
    return answer.stderr
