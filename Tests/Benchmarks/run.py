# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Measures every workload on every server that can run it, and prints one table. run.sh calls it."""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from instructions import instruction_table
from servers import LOAD_CORE, PEERS, PLAIN, SERVER_CORE, ServerFailed, Servers
from workloads import FEWER_IDLE_CONNECTIONS, IDLE_CONNECTIONS, WORKLOADS

WARM_UP = 0.5
# Nothing received for so many seconds is an error: the slowest peers pause for some.
STALL = 30
# Past this spread of the rounds, (max - min) / median, a figure is marked.
NOISY = 0.2


class Bench:
    def __init__(self, options):
        self.options = options
        self.servers = Servers(options.interop_server, options.build, options.python)
        self.unavailable = self.servers.unavailable_peers()
        self.peers = [] if options.no_peers else list(PEERS)
        self.results = defaultdict(list)
        # What the cluster's Redis spends.
        self.redis = defaultdict(list)
        self.errors = []
        self.idle_connections = idle_connections()

    # Measuring

    def runs(self, workload):
        """The runs of a workload in one round: a server's name, and the protocol it is spoken to in."""
        runs = [("martlet", workload.protocol)]
        goal = workload.goal
        if goal.reference and goal.reference not in self.unavailable:
            runs.append((goal.reference, goal.protocol or "raw"))
        peers = [name for name in self.peers if name in workload.peers and name not in self.unavailable]
        return runs + [(name, workload.protocol if PEERS[name] == "sio" else "raw") for name in peers]

    def measure_all(self, workloads):
        others = cpu_of_others()
        started = time.monotonic()
        for number in range(1, self.options.rounds + 1):
            for workload in workloads:
                for server, protocol in self.runs(workload):
                    print(f"round {number}: {workload.name}: {server}", file=sys.stderr)
                    self.measure(workload, server, protocol)
        self.outside_load = (cpu_of_others() - others) / (time.monotonic() - started)

    def measure(self, workload, server, protocol):
        load = ["--proto", protocol, "--stall", str(STALL), *workload.load]
        if server == PLAIN:
            load.remove("--resume")
        if server == "martlet" and workload.path:
            load += ["--path", workload.path]
        if workload.is_idle:
            fewer = FEWER_IDLE_CONNECTIONS.get(server, IDLE_CONNECTIONS)
            load += ["-c", str(min(fewer, self.idle_connections))]
        else:
            load += ["-d", str(self.options.seconds), "--warmup", str(WARM_UP)]
        try:
            with self.servers.running(server, workload.deflates, workload.deployment) as where:
                command = ["taskset", "-c", LOAD_CORE, str(self.options.build / "wsload"), "--quiet", *where, *load]
                run = subprocess.run(command, capture_output=True, text=True)
        except ServerFailed as failure:
            return self.fail(workload, server, str(failure))
        report = json.loads(run.stdout) if run.stdout else {"verdict": "no report", "why": run.stderr.strip()}
        if run.returncode or report["verdict"] != "ok":
            return self.fail(workload, server, f"{report['verdict']}: {report['why'] or 'nothing came back in time'}")
        if workload.deflates and not report["deflate_negotiated"]:
            return self.fail(workload, server, "nothing was deflated")
        self.results[workload.name, server].append(report[workload.figure])
        if "--other-pid" in where:
            self.redis[workload.name, server].append(report["other_us"])

    def fail(self, workload, server, reason):
        self.errors.append(f"{workload.name}: {server}: {reason}")
        print(f"error: {self.errors[-1]}", file=sys.stderr)

    # Reporting

    def table(self, workloads):
        head = ["workload", "Martlet", "reference", "ratio", "goal", *self.peers]
        rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
        rows += [self.row(workload) for workload in workloads]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)

    def row(self, workload):
        goal = workload.goal
        value = self.median(workload, "martlet")
        reference = self.median(workload, goal.reference) if goal.reference else None
        ratio, verdict = "", ""
        if value is not None and (reference or not goal.reference):
            ratio = f"{value / reference:.2g}×" if reference and value < reference / 5 else ""
            ratio = ratio or (f"{value / reference:.2f}×" if reference else "")
            verdict = " met" if goal.is_met(value, reference) else " **missed**"
        row = [workload.name, self.cell(workload, "martlet")]
        row.append(f"{self.cell(workload, goal.reference)} ({goal.reference})" if goal.reference else "")
        row += [ratio, goal.describe() + verdict]
        return row + [self.peer_cell(workload, name, reference) for name in self.peers]

    def peer_cell(self, workload, name, reference):
        if name not in workload.peers:
            return ""
        value = self.median(workload, name)
        return self.cell(workload, name) + (f" ({value / reference:.1f}×)" if value and reference else "")

    def cell(self, workload, server):
        if server in self.unavailable:
            return "not here"
        value = self.median(workload, server)
        if value is None:
            return "failed"
        text = f"{value:,.0f}" if workload.figure != "server_us" else f"{value:.3g}" if value < 100 else f"{value:.0f}"
        return text + ("~" if self.spread(workload, server) > NOISY else "")

    def median(self, workload, server):
        values = self.results[workload.name, server]
        # A server that failed in one round has no figure.
        return statistics.median(values) if len(values) == self.options.rounds else None

    def spread(self, workload, server):
        values = self.results[workload.name, server]
        middle = statistics.median(values)
        return (max(values) - min(values)) / middle if middle else 0

    def notes(self):
        fewer = "".join(f", {count:,} for {name}" for name, count in FEWER_IDLE_CONNECTIONS.items())
        yield (
            f"Server CPU in µs (user and system, one core) per message, delivery or connection; medians of "
            f"{self.options.rounds} runs of {self.options.seconds:g} s, the servers in turn; ratios are to the "
            f"reference. Idle: growth of resident memory over {self.idle_connections:,} connections{fewer}. Peers "
            f"that are not Socket.IO servers are spoken to in plain WebSocket messages. `limit` is the least that a "
            f"server in C can do, `batch` with one write a socket and turn of its loop. ~: the runs differ by more "
            f"than {NOISY:.0%} of the median."
        )
        yield f"Other programs took {self.outside_load:.0%} of a core meanwhile; more than a few per cent disturb."
        if self.redis:
            spent = [f"{name}: {server}: {statistics.median(values):.3f} µs"
                     for (name, server), values in self.redis.items()]
            yield f"Redis's own CPU, which is not in the table, per message or delivery: {'; '.join(spent)}."
        for name, reason in self.unavailable.items():
            yield f"{name} is not here: {reason}"
        for error in self.errors:
            yield f"Error: {error}"


def idle_connections():
    """As many as the limit on file descriptors allows, at most what is asked for."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return IDLE_CONNECTIONS if hard == resource.RLIM_INFINITY else min(IDLE_CONNECTIONS, hard - 200)


def cpu_of_others():
    """Seconds that the two cores were busy with anything but this program and those that it has run."""
    busy = 0
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name in (f"cpu{SERVER_CORE}", f"cpu{LOAD_CORE}"):
            user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, ticks[:8])
            busy += user + nice + system + interrupts + soft_interrupts + stolen
    ours = os.times()
    return busy / os.sysconf("SC_CLK_TCK") - ours.user - ours.system - ours.children_user - ours.children_system


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="PATTERN", help="workloads whose name has this in it")
    parser.add_argument("--no-peers", action="store_true", help="only Martlet and what it is held against")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each run is measured")
    parser.add_argument("--interop-server", type=Path, required=True)
    parser.add_argument("--micro-benchmarks", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True, help="the Python that has the peers")
    parser.add_argument("--build", type=Path, required=True, help="where limit and wsload are")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()

    if not {int(SERVER_CORE), int(LOAD_CORE)} <= os.sched_getaffinity(0):
        sys.exit(f"the server and the load need a core each: {SERVER_CORE} and {LOAD_CORE}")
    workloads = [workload for workload in WORKLOADS if re.search(options.only, workload.name)]
    bench = Bench(options)
    bench.measure_all(workloads)
    text = bench.table(workloads) + "\n\n" + "\n\n".join(bench.notes()) + "\n" if workloads else ""
    if not options.only:
        text += "\n" + instruction_table(options.micro_benchmarks, options.build) + "\n"
    options.output.write_text(text)
    print(text)
    if bench.errors:
        sys.exit(f"{len(bench.errors)} runs failed")


main()
