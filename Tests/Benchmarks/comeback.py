# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A server with many clients ends, and they come back to the next one on its port. comeback.sh calls it."""

import argparse
import contextlib
import json
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from crowd import LIMIT, Child, cpu_seconds, free_port


def start(options, port, ends):
    server = Child([options.interop_server, "--port", port, "--threads", 1])
    ends.callback(server.end)
    server.next("listening on http://127.0.0.1:")
    return server


def wait_until_refused(port):
    """The server has stopped listening."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=LIMIT).close()
        except OSError:
            return
        time.sleep(0.001)
    sys.exit(f"port {port} is still listened on")


def run(options, ends):
    port = free_port()
    first = start(options, port, ends)
    load = Child([options.wsload, "--mode", "crowd", "--proto", "sio", "--port", port, "-c", options.connections,
                  "-s", 64, "--sources", 4, "--stall", LIMIT, "--concurrency", 64, "--quiet"])
    ends.callback(load.end)
    load.next("open ")
    load.tell("return")
    load.next("returning")
    before = cpu_seconds(first)
    spent = []
    began = time.monotonic()
    first.process.send_signal(signal.SIGTERM)

    def watch():
        """Its CPU, as long as it lives."""
        with contextlib.suppress(OSError, IndexError):
            while first.process.poll() is None:
                spent.append(cpu_seconds(first) - before)
                time.sleep(0.01)
    watcher = threading.Thread(target=watch)
    watcher.start()
    wait_until_refused(port)
    second = start(options, port, ends)
    begins = cpu_seconds(second)
    listening = time.monotonic() - began
    seconds, attempts = map(float, load.next("back ").split())
    used = cpu_seconds(second) - begins
    first.process.wait(LIMIT)
    watcher.join()
    load.tell("echo")
    load.next("echoed ")
    load.tell("end")
    report = json.loads("{" + load.next("{"))
    print(f"the next server listens {listening * 1000:.0f} ms after SIGTERM")
    print(f"{options.connections:,} clients are back {seconds:.1f} s after the first was sent away; "
          f"{attempts:.2f} attempts each, and all have sent a message and got it back")
    print(f"CPU of the server that ended: {spent[-1] / options.connections * 1e6:.1f} µs a client; of the next one: "
          f"{used / options.connections * 1e6:.1f} µs a client that came")
    if first.process.returncode:
        sys.exit(f"the server ended with {first.process.returncode}")
    if report["verdict"] != "ok":
        sys.exit(f"{report['verdict']}: {report['why']}")
    if code := second.end():
        sys.exit(f"the next server ended with {code}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interop-server", type=Path, required=True)
    parser.add_argument("--wsload", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=10_000)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with contextlib.ExitStack() as ends:
        run(options, ends)


main()
