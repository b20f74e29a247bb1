# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""nginx and HAProxy in front of a server: each a child process with a configuration and a folder of its own."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from .server_process import Endpoint
from .timing import milliseconds, seconds

# What the guides on the web tell: every request says `Connection: upgrade`, and answers are buffered.
NGINX_CLASSIC = """
    location /socket.io {
        proxy_pass http://backend;
        proxy_redirect off;
        proxy_set_header Host $host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_read_timeout 600;
    }
"""

# The same where all answers that are worth it are compressed, too.
NGINX_COMPRESSING = NGINX_CLASSIC + """
    gzip on;
    gzip_proxied any;
    gzip_min_length 1;
    gzip_types text/plain text/event-stream application/json;
"""

# What nginx's own manual tells about WebSocket, and no buffering.
NGINX_RECOMMENDED = """
    location /socket.io/ {
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_buffering off;
    }
"""


class Proxy(Endpoint):
    """A proxy's process: `with Nginx(…) as proxy`. It can be started again on the port that it had."""

    code_after_term = 0

    def __init__(self, folder, backend):
        self._reservation = reserve_port()
        super().__init__("127.0.0.1", self._reservation.getsockname()[1])
        self.backend = backend
        self.folder = Path(folder)
        self.log = self.folder / "log"
        self.process = None

    def command(self):
        raise NotImplementedError

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
        assert code == self.code_after_term, f"the proxy ended with {code}:\n{self.output()}"

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self._kill()
            self._reservation.close()

    def _kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Nginx(Proxy):
    def __init__(self, folder, backend, locations):
        super().__init__(folder, backend)
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
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
    upstream backend {{
        server {backend.authority};
    }}
    server {{
        listen {self.authority} reuseport;
        {locations}
    }}
}}
""")

    def command(self):
        return [executable("nginx"), "-p", str(self.folder), "-e", "stderr", "-c", "nginx.conf"]

    def workers(self):
        """The titles of the worker processes by their ids."""
        ids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(pid): Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0 ") for pid in ids}

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


class HAProxy(Proxy):
    code_after_term = -signal.SIGTERM

    def __init__(self, folder, backend, idle_limit, options=""):
        super().__init__(folder, backend)
        idle = milliseconds(idle_limit * 1000)
        (self.folder / "haproxy.cfg").write_text(f"""
global
    maxconn 500
defaults
    mode http
    option forwardfor
    {options}
    timeout connect 5s
    timeout client {idle}ms
    timeout server {idle}ms
    timeout tunnel {idle}ms
frontend web
    bind {self.authority}
    default_backend app
backend app
    server app1 {backend.authority} check
""")

    def command(self):
        return [executable("haproxy"), "-db", "-f", "haproxy.cfg"]


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
