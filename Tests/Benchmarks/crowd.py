# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A crowd on a cluster of four servers: all are held for a minute, heard once, and reached by broadcasts. crowd.sh calls
it.
"""

import argparse
import contextlib
import json
import queue
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SERVERS = 4
# The size of the crowd, and what all servers together may take for it.
CROWD = 61_189
MOST_MEMORY = 2 << 30
# Nothing takes longer, on a machine with two cores.
LIMIT = 120


class Child:
    """A process, whose lines are kept."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **options)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next(self, word):
        """What follows the word with which the next line begins."""
        try:
            line = self.lines.get(timeout=LIMIT)
        except queue.Empty:
            sys.exit(f"{self.process.args[0]}: no {word!r} within {LIMIT} s")
        if line is None or not line.startswith(word):
            sys.exit(f"{self.process.args[0]}: {line!r} instead of {word!r}")
        return line[len(word):]

    def tell(self, order):
        self.process.stdin.write(order + "\n")

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def resident(child):
    for line in Path(f"/proc/{child.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    sys.exit("a server has ended")


def cpu_seconds(child):
    ticks = Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / 100


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def start(options, ends):
    """The servers and their Redis."""
    def child(command):
        child = Child(command)
        ends.callback(child.end)
        return child

    cluster = []
    if options.redis:
        port = free_port()
        folder = ends.enter_context(tempfile.TemporaryDirectory())
        child([options.redis, "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", folder,
               "--logfile", Path(folder, "log")])
        wait_until_listening(port)
        cluster = ["--redis", f"redis://127.0.0.1:{port}"]
    servers = [child([options.interop_server, "--port", 0, "--threads", 1, *cluster]) for _ in range(SERVERS)]
    ports = [server.next("listening on http://127.0.0.1:") for server in servers]
    return servers, ports, child


def wait_until_listening(port):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.02)
    sys.exit(f"nobody listens on port {port}")


def broadcast(loads, publisher):
    """Milliseconds until the first connection and until the last one has it; None where not all got it."""
    publisher.tell("publish")
    began = int(publisher.next("published "))
    receipts = [load.next("received ").split() for load in loads]
    return [(int(choose(each)) - began) / 1e6
            for choose, each in ((min, [first for first, _ in receipts]), (max, [last for _, last in receipts]))]


def run(options, ends):
    servers, ports, child = start(options, ends)
    empty = sum(map(resident, servers))
    shares = [options.connections // SERVERS + (index < options.connections % SERVERS) for index in range(SERVERS)]
    began = time.monotonic()
    loads = [child([options.wsload, "--mode", "crowd", "--proto", "sio", "--port", port, "-c", share, "-s", 64,
                    "--sources", 4, "--first-source", 10 + 4 * index, "--stall", LIMIT, "--concurrency", 64, "--quiet"])
             for index, (port, share) in enumerate(zip(ports, shares))]
    for load in loads:
        load.next("open ")
    connecting = time.monotonic() - began
    opened = time.monotonic()
    print(f"{sum(shares):,} connections in {connecting:.1f} s ({sum(shares) / connecting:,.0f}/s)")

    def echoes():
        began = time.monotonic()
        for load in loads:
            load.tell("echo")
        for load in loads:
            load.next("echoed ")
        print(f"each has sent a message and got it back after {time.monotonic() - began:.1f} s")
    echoes()
    time.sleep(max(0, options.hold / 2 - (time.monotonic() - opened)))
    # From each server once; each time all connections of all servers have it before the next goes out.
    lasts = []
    for index, publisher in enumerate(loads):
        first, last = broadcast(loads, publisher)
        lasts.append(last)
        print(f"a broadcast from server {index + 1}: the first has it after {first:.1f} ms, the last after {last:.0f} ms")
    echoes()
    time.sleep(max(0, options.hold - (time.monotonic() - opened)))
    memory = sum(map(resident, servers))
    held = time.monotonic() - opened
    used = sum(map(cpu_seconds, servers))
    for load in loads:
        load.tell("end")
    reports = [json.loads("{" + load.next("{")) for load in loads]
    dropped = sum(report["closed"] for report in reports)
    print(f"held for {held:.0f} s, {sum(report['pings'] for report in reports):,} heartbeats, {dropped} dropped")
    print(f"resident memory of all servers: {memory / 2**20:,.0f} MiB, {(memory - empty) / sum(shares):,.0f} bytes for each "
          f"connection; CPU of all servers: {used:.1f} s")
    bad = [report for report in reports if report["verdict"] != "ok"]
    if bad:
        sys.exit(f"{bad[0]['verdict']}: {bad[0]['why']}")
    if memory > MOST_MEMORY:
        sys.exit(f"more than {MOST_MEMORY / 2**20:,.0f} MiB")
    codes = [server.end() for server in servers]
    if any(codes):
        sys.exit(f"the servers ended with {codes}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interop-server", type=Path, required=True)
    parser.add_argument("--wsload", type=Path, required=True)
    parser.add_argument("--redis", help="redis-server's executable")
    parser.add_argument("--connections", type=int, default=CROWD)
    parser.add_argument("--hold", type=float, default=60, metavar="SECONDS")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and options.connections / SERVERS > hard - 200:
        sys.exit(f"a server may have {hard} file descriptors, which is too few")
    with contextlib.ExitStack() as ends:
        run(options, ends)


if __name__ == "__main__":
    main()
