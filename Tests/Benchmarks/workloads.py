# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""What is measured, against what, and what is to be reached."""

from dataclasses import dataclass

from servers import ALONE, CLUSTER, CLUSTER_OF_ONE, FORWARDING, PLAIN, SINGLE, Deployment

SUBSCRIBERS = 1000
IDLE_CONNECTIONS = 15_000
# A peer that needs minutes to open that many, and so much memory for each that fewer tell it as well.
FEWER_IDLE_CONNECTIONS = {"python-socketio": 3000}


@dataclass(frozen=True)
class Goal:
    """At most so many times the reference; without a reference, at most so many bytes."""

    limit: float
    reference: str | None = None
    # The protocol that the reference speaks, where it is not the protocol of the others of its kind.
    protocol: str | None = None

    def describe(self):
        return f"≤ {self.limit:g}×" if self.reference else f"≤ {self.limit:,.0f}"

    def is_met(self, value, reference):
        return value / reference <= self.limit if self.reference else value <= self.limit


@dataclass(frozen=True)
class Workload:
    name: str
    # wsload's arguments, the same for every server.
    load: tuple[str, ...]
    goal: Goal
    # What Socket.IO servers are spoken to in; the others always speak raw WebSocket.
    protocol: str = "sio"
    # Where a Socket.IO server has this, if not in its usual place.
    path: str | None = None
    peers: tuple[str, ...] = ("ws", "picows", "websockets", "socketify", "python-socketio")
    deployment: Deployment = SINGLE
    # What of wsload's report is measured, if not the usual.
    measures: str | None = None

    @property
    def is_idle(self):
        return "idle" in self.load

    @property
    def figure(self):
        return self.measures or ("rss_per_conn" if self.is_idle else "server_us")

    @property
    def deflates(self):
        return "--deflate" in self.load


FANOUT = ("--mode", "fanout", "-c", str(SUBSCRIBERS))
IDLE = ("--mode", "idle", "-d", "1", "--concurrency", "128", "--sources", "8")
# Peers that can deflate.
DEFLATING = ("ws", "websockets", "python-socketio")

WORKLOADS = [
    Workload(
        "echo 64 B, 100 connections",
        ("-c", "100", "-s", "64"),
        Goal(1.4, "limit", protocol="sio"),
    ),
    Workload(
        "echo 64 B, 1 connection, 64 deep",
        ("-c", "1", "-w", "64", "-s", "64"),
        Goal(2.5, "limit batch"),
    ),
    Workload(
        f"fan-out to {SUBSCRIBERS:,}, 128 B, one at a time",
        (*FANOUT, "-s", "128"),
        Goal(1.3, "limit batch"),
    ),
    Workload(
        f"fan-out to {SUBSCRIBERS:,}, 128 B, 16 outstanding",
        (*FANOUT, "-s", "128", "-w", "16"),
        Goal(2, "limit batch"),
    ),
    Workload(
        f"fan-out to {SUBSCRIBERS:,}, 1 KiB of JSON, deflated",
        (*FANOUT, "-s", "1024", "--json", "--deflate"),
        Goal(1.4, "limit"),
        peers=DEFLATING,
    ),
    Workload(
        "raw echo 16 KiB, 50 connections",
        ("-c", "50", "-s", "16384"),
        Goal(1.4, "limit batch"),
        protocol="raw",
        path="/ws-echo",
        peers=("ws", "picows", "websockets", "socketify"),
    ),
    Workload(
        "connect, join a namespace, close",
        ("--mode", "connect", "--sources", "8"),
        Goal(2, "limit", protocol="sio"),
    ),
    Workload(
        "long-polling echo 64 B, 50 sessions",
        ("-c", "50", "-s", "64"),
        Goal(0.05, "python-socketio", protocol="sio-polling"),
        protocol="sio-polling",
        peers=(),
    ),
    Workload(
        "SSE echo 64 B, 50 sessions",
        ("-c", "50", "-s", "64"),
        Goal(0.05, "python-socketio", protocol="sio-polling"),
        protocol="sio-sse",
        peers=(),
    ),
    Workload(
        "lossless: echo 64 B, 100 connections",
        ("-c", "100", "-s", "64", "--resume"),
        Goal(1.1, PLAIN, protocol="sio"),
        peers=(),
    ),
    Workload(
        f"lossless: fan-out to {SUBSCRIBERS:,}, 128 B, one at a time",
        (*FANOUT, "-s", "128", "--resume"),
        Goal(1.1, PLAIN, protocol="sio"),
        peers=(),
    ),
    Workload(
        "cluster of one: echo 64 B, 100 connections",
        ("-c", "100", "-s", "64"),
        Goal(1.02, ALONE, protocol="sio"),
        peers=(),
        deployment=CLUSTER_OF_ONE,
    ),
    Workload(
        f"cluster of one: fan-out to {SUBSCRIBERS:,}, 128 B, one at a time",
        (*FANOUT, "-s", "128"),
        Goal(1.02, ALONE, protocol="sio"),
        peers=(),
        deployment=CLUSTER_OF_ONE,
    ),
    Workload(
        f"cluster: fan-out to {SUBSCRIBERS:,} on two other servers, 128 B, one at a time",
        (*FANOUT, "-s", "128"),
        Goal(1.2, ALONE, protocol="sio"),
        peers=("python-socketio",),
        deployment=CLUSTER,
    ),
    Workload(
        # On their way through three servers and Redis the sixteen part into groups, so that a write carries fewer of
        # them; with a write as full as the other's, a delivery costs what it costs there. Python-socketio does not keep
        # their order.
        f"cluster: fan-out to {SUBSCRIBERS:,} on two other servers, 128 B, 16 outstanding",
        (*FANOUT, "-s", "128", "-w", "16"),
        Goal(2, ALONE, protocol="sio"),
        peers=(),
        deployment=CLUSTER,
    ),
    Workload(
        "cluster: from an emit to its receipt on two other servers, p99 in µs",
        ("--mode", "fanout", "-c", "2", "-s", "128"),
        Goal(5000),
        peers=("python-socketio",),
        deployment=CLUSTER,
        measures="p99_us",
    ),
    Workload(
        "cluster: long-polling echo 64 B, 50 sessions, forwarded",
        ("-c", "50", "-s", "64"),
        Goal(6, ALONE, protocol="sio-polling"),
        protocol="sio-polling",
        peers=(),
        deployment=FORWARDING,
    ),
    Workload(
        "cluster: lossless echo 64 B, 100 connections, forwarded",
        ("-c", "100", "-s", "64", "--resume"),
        Goal(4, ALONE, protocol="sio"),
        peers=(),
        deployment=FORWARDING,
    ),
    Workload("idle connections, bytes each", IDLE, Goal(4000)),
    Workload("lossless: idle connections, bytes each", (*IDLE, "--resume"), Goal(4300), peers=()),
    Workload(
        "idle connections, deflate negotiated, bytes each",
        (*IDLE, "--deflate"),
        Goal(5500),
        peers=DEFLATING,
    ),
]
