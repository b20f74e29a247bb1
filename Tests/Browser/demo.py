# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The demo's executable as a process on a free port of this machine."""

import os
import pathlib
import random
import socket
import subprocess
import tempfile

from chromium import until

DEFAULT_EXECUTABLE = pathlib.Path(__file__).resolve().parents[2] / ".build/debug/demo"


def free_port():
    """Below those that the system gives away itself: it could give one of them to somebody else before the demo has it."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Demo:
    product = "demo"

    def __init__(self, **environment):
        self._environment = {name: str(value) for name, value in environment.items()}
        demo = pathlib.Path(os.environ.get("MARTLET_DEMO") or DEFAULT_EXECUTABLE)
        self.executable = demo.with_name(self.product)
        if not self.executable.exists():
            raise FileNotFoundError(f"{self.executable}: `make check-browser` builds it")
        self.port = free_port()
        self._output = tempfile.TemporaryFile(mode="w+")
        self._process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def command(self):
        return [self.executable]

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        self._process = subprocess.Popen(
            self.command,
            env={**os.environ, **self._environment, "HOST": "127.0.0.1", "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        until(self._listens, "the demo listens")

    def stop(self):
        """SIGTERM; a server that lets its connections keep it from stopping has failed."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            status = process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the demo did not stop\n{self.output()}") from None
        assert status in (0, -15), f"the demo ended with {status}\n{self.output()}"

    def kill(self):
        """As when the machine loses power: nobody is told."""
        process, self._process = self._process, None
        process.kill()
        process.wait()

    def output(self):
        self._output.seek(0)
        return self._output.read()

    def _listens(self):
        assert self._process.poll() is None, f"the demo ended at once\n{self.output()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
