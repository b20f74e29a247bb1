# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A redis-server of its own, with nothing in it."""

import contextlib
import socket
import subprocess
import time

from .proxies import executable
from .timing import seconds


@contextlib.contextmanager
def redis_server(folder):
    """Gives the URL of a server that runs meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [executable("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--dir", str(folder), "--logfile", str(folder / "log")], stdin=subprocess.DEVNULL)
    try:
        end = time.monotonic() + seconds(10)
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), seconds(1)).close()
                break
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(seconds(10))
