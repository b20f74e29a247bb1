# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The server under test: started, watched, measured and ended from here."""

import asyncio
import collections
import http.client
import json
import os
import re
import signal
import subprocess
import threading
from urllib.parse import urlsplit

from . import native
from .timing import seconds

MIB = 1 << 20
LISTENING = re.compile(r"listening on https?://(\[[^]]+\]|[^:\s]+):(\d+)")


class Endpoint:
    """Something that listens: where it is, and what its two service pages say."""

    # Where connections to it come from, if that matters.
    local_address = None
    # The largest segment in bytes that clients with a small receive buffer take: so the server's kernel keeps a hundred
    # kilobytes for such a connection, and not the megabytes that it keeps for one with the segments of the loopback.
    segment_size = None

    def __init__(self, host, port):
        self.host = host
        self.port = port

    def seen_from(self, address):
        """The same for a client that has another address."""
        other = Endpoint(self.host, self.port)
        other.local_address = (address, 0)
        return other

    @property
    def authority(self):
        return f"{self.host}:{self.port}"

    @property
    def url(self):
        return f"http://{self.authority}"

    @property
    def ws_url(self):
        return f"ws://{self.authority}"

    def get(self, target):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds(10))
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def stats(self):
        status, body = self.get("/stats")
        assert status == 200, f"/stats answered {status}"
        return json.loads(body)

    def assert_alive(self):
        assert self.get("/healthz") == (200, b"ok"), "/healthz does not answer 200 ok"


class RunningServer(Endpoint):
    """A server somebody else started (MARTLET_URL)."""

    def __init__(self, url):
        parts = urlsplit(url)
        super().__init__(parts.hostname, parts.port or 80)

    def assert_running(self):
        pass

    def stop(self):
        return 0


class InteropServer(Endpoint):
    """An `interop-server` process of ours."""

    def __init__(self, executable, options, port=0, descriptors=None, trims=False):
        """
        - descriptors: how many the process may have open.
        - trims: whether it can be asked for the memory that it `holds`.
        """
        self.options = options
        self.log = collections.deque(maxlen=200)
        limit = [] if descriptors is None else ["prlimit", f"--nofile={descriptors}"]
        self.process = subprocess.Popen(
            [*limit, executable, "--host", "127.0.0.1", "--port", str(port), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=os.environ | ({"LD_PRELOAD": native.trim()} if trims else {}),
        )
        self._listening = threading.Event()
        self._address = None
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        if not self._listening.wait(seconds(20)) or self._address is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not say where it listens:\n{self.output()}")
        super().__init__(*self._address)

    def _read_output(self):
        for line in self.process.stdout:
            self.log.append(line)
            match = LISTENING.search(line)
            if match and self._address is None:
                self._address = match[1], int(match[2])
                self._listening.set()
        self._listening.set()

    def output(self):
        return "".join(self.log)

    @property
    def pid(self):
        return self.process.pid

    def assert_running(self):
        code = self.process.poll()
        assert code is None, f"the server process ended with {code}:\n{self.output()}"

    def resident_bytes(self):
        return self._memory("VmRSS")

    async def held_bytes(self):
        """What is resident once the allocator has given back what was freed, without the program's own code: pages of
        that come as it is run, and the system takes them back when it needs them."""
        self.process.send_signal(signal.SIGUSR2)
        least = self._memory("RssAnon")
        while True:
            await asyncio.sleep(0.2)
            now = self._memory("RssAnon")
            if now >= least:
                return least
            least = now

    def most_resident_bytes(self):
        """The most that was resident since `forget_most_resident_bytes`."""
        return self._memory("VmHWM")

    def forget_most_resident_bytes(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    def _memory(self, name):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith(name + ":"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"no {name}")

    def cpu_seconds(self):
        """What the process has computed so far, in user and kernel mode."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self, by=signal.SIGTERM):
        """Asks the process to end and answers its exit code (negative: the signal that killed it)."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        try:
            code = self.process.wait(seconds(20))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "still running 20 s after the signal"
        self._reader.join(seconds(5))
        return code


class ServerPool:
    """One process per option set, started when first asked for."""

    def __init__(self, executable, running_url=None):
        self.executable = executable
        self.running = RunningServer(running_url) if running_url else None
        self.servers = {}

    def get(self, name, options):
        if name not in self.servers:
            if name == "official" and self.running:
                self.servers[name] = self.running
            else:
                self.servers[name] = InteropServer(self.executable, options)
        return self.servers[name]

    def start_own(self, options, port=0, **limits):
        """A process that belongs to one test, which stops it."""
        return InteropServer(self.executable, options, port, **limits)

    def assert_alive(self, answering):
        for name, server in self.servers.items():
            server.assert_running()
            if name not in answering:
                continue
            try:
                server.assert_alive()
            except (OSError, http.client.HTTPException) as error:
                raise AssertionError(f"server {name!r} does not answer: {error!r}") from error

    def stop_all(self):
        codes = {name: server.stop() for name, server in self.servers.items()}
        bad = {name: code for name, code in codes.items() if code != 0}
        report = "".join(f"\n--- {name}\n{getattr(self.servers[name], 'output', str)()}" for name in bad)
        assert not bad, f"servers that did not end with exit code 0: {bad}{report}"
