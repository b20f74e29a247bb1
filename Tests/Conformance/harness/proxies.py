# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""nginx and HAProxy in front of a server, configured as the guide says: each a child process with a folder of its own."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .server_process import Endpoint
from .timing import milliseconds, seconds

GUIDE = Path(__file__).parents[3] / "Sources" / "Martlet" / "Martlet.docc" / "BehindAProxy.md"


def blocks(language):
    """The blocks of a language in the guide that tells how to configure proxies."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


# What is recommended, and what most guides on the web tell: every request says `Connection: upgrade`, and answers are
# buffered.
NGINX_RECOMMENDED, NGINX_CLASSIC = blocks("nginx")
# All answers that are worth it are compressed, too.
GZIP = """
    gzip on;
    gzip_proxied any;
    gzip_min_length 1;
    gzip_types text/plain text/event-stream application/json;
"""
# Such a stream collects in the compressor when nginx does not heed that the server would rather not have it buffered.
WITHHOLDING = GZIP + """
    proxy_ignore_headers X-Accel-Buffering;
"""
HAPROXY, = blocks("haproxy")
# Without it HAProxy keeps each piece of an answer for up to 200 ms, waiting for more to send along.
HAPROXY_DELAYING = HAPROXY.replace("    option http-no-delay\n", "")
assert HAPROXY_DELAYING != HAPROXY


def replace(text, changes):
    """Changes what the guide cannot know."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is not once in:\n{text}"
        text = text.replace(old, new)
    return text


class Proxy(Endpoint):
    """A proxy's process: `with Nginx(…) as proxy`. It can be started again on the port that it had."""

    def __init__(self, folder, backend):
        self._reservation = reserve_port()
        super().__init__("127.0.0.1", self._reservation.getsockname()[1])
        self.backend = backend
        self.folder = Path(folder)
        self.log = self.folder / "log"
        self.process = None

    def command(self):
        raise NotImplementedError

    def with_backend(self, block):
        return replace(block, {"127.0.0.1:3000": self.backend.authority})

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        end = time.monotonic() + seconds(10)
        while not self._listens():
            assert self.process.poll() is None, f"the proxy ended with {self.process.returncode}:\n{self.output()}"
            assert time.monotonic() < end, f"the proxy does not listen:\n{self.output()}"
            time.sleep(0.02)

    def _listens(self):
        try:
            socket.create_connection((self.host, self.port), seconds(1)).close()
        except OSError:
            return False
        return True

    def output(self):
        return self.log.read_text(errors="replace")

    def stop(self):
        """Ends the process, and with it all connections at once."""
        assert self.process.poll() is None, f"the proxy ended with {self.process.returncode}:\n{self.output()}"
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds(10))
        self.process = None
        assert code == 0, f"the proxy ended with {code}:\n{self.output()}"

    def workers(self):
        """The titles of the worker processes by their ids."""
        ids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid): Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0 ") for pid in ids}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.process:
                self.stop()
        finally:
            self._kill()
            self._reservation.close()

    def _kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Nginx(Proxy):
    def __init__(self, folder, backend, block, extra=""):
        super().__init__(folder, backend)
        block = replace(self.with_backend(block), {"listen 80;": f"listen {self.authority} reuseport;"})
        # The user and the folders are named, since the defaults need root.
        (self.folder / "nginx.conf").write_text(f"""
daemon off;
user {getpass.getuser()};
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {extra}
    {block}
}}
""")

    def command(self):
        return [executable("nginx"), "-p", str(self.folder), "-e", "stderr", "-c", "nginx.conf"]

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


class HAProxy(Proxy):
    def __init__(self, folder, backend, block=HAPROXY, idle_limit=None):
        super().__init__(folder, backend)
        block = replace(self.with_backend(block), {"bind :80": f"bind {self.authority}"})
        if idle_limit is not None:
            idle = milliseconds(idle_limit * 1000)
            block, count = re.subn(r"(timeout (?:client|server|tunnel)) .*", rf"\1 {idle}ms", block)
            assert count == 3
        (self.folder / "haproxy.cfg").write_text(f"""
global
    maxconn 500
    stats socket {self.folder}/admin level admin
{block}
""")

    def command(self):
        # A master, which reloads the configuration, and a worker.
        return [executable("haproxy"), "-W", "-db", "-f", "haproxy.cfg"]

    def reload(self):
        self.process.send_signal(signal.SIGUSR2)


IDLE_LIMIT = 1
# Platforms cut what is silent for 55 s: here in a tenth of the time, as the heartbeats of "platform" in options.py.
PLATFORM_IDLE_LIMIT = 5.5
# How the proxy of a name is made in front of a server, with its files in a folder.
PROXIES = {
    "nginx_classic": lambda folder, server: Nginx(folder, server, NGINX_CLASSIC),
    "nginx_compressing": lambda folder, server: Nginx(folder, server, NGINX_CLASSIC, GZIP),
    "nginx_withholding": lambda folder, server: Nginx(folder, server, NGINX_CLASSIC, WITHHOLDING),
    "nginx_recommended": lambda folder, server: Nginx(folder, server, NGINX_RECOMMENDED),
    "haproxy": lambda folder, server: HAProxy(folder, server),
    "haproxy_impatient": lambda folder, server: HAProxy(folder, server, idle_limit=IDLE_LIMIT),
    "haproxy_platform": lambda folder, server: HAProxy(folder, server, idle_limit=PLATFORM_IDLE_LIMIT),
    "haproxy_delaying": lambda folder, server: HAProxy(folder, server, HAPROXY_DELAYING),
}
TYPICAL = ["nginx_classic", "nginx_recommended", "haproxy"]


def reserve_port():
    """A free port, bound but not listened on: with SO_REUSEPORT the proxy can take it, and nobody else gets it."""
    reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind(("127.0.0.1", 0))
    return reservation


def executable(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    assert path, f"{name} is not installed: Tests/Support/setup.sh test"
    return path
