# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The metrics of a server, as a Prometheus server reads them."""

import asyncio
import contextlib
import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from harness.socketio_session import SocketIOSession
from harness.timing import seconds

CONFIGURATION = """
global: {scrape_interval: 200ms, scrape_timeout: 200ms}
scrape_configs: [{job_name: martlet, static_configs: [{targets: ["%s"]}]}]
"""


class Prometheus:
    """A Prometheus server that asks one server for its metrics, five times a second."""

    def __init__(self, folder, target):
        (folder / "prometheus.yml").write_text(CONFIGURATION % target)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = "127.0.0.1:%d" % probe.getsockname()[1]
        self.url = f"http://{address}/api/v1"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={address}"], stderr=subprocess.PIPE, text=True)
        assert any("Server is ready" in line for line in self.process.stderr), "prometheus did not start"

    def get(self, what, **query):
        with urllib.request.urlopen(f"{self.url}/{what}?{urllib.parse.urlencode(query)}", timeout=seconds(10)) as answer:
            return json.load(answer)["data"]

    def value(self, query):
        result = self.get("query", query=query)["result"]
        return float(result[0]["value"][1]) if result else None

    async def wait_for(self, query, value):
        deadline = time.monotonic() + seconds(20)
        while (now := self.value(query)) != value:
            assert time.monotonic() < deadline, f"{query} is {now}, not {value}"
            await asyncio.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.communicate()


@pytest.fixture
def metered(servers):
    server = servers.start_own(["--metrics"])
    yield server
    assert server.stop() == 0


@pytest.fixture
def prometheus(metered, tmp_path):
    with contextlib.ExitStack() as ends:
        prometheus = Prometheus(tmp_path, metered.authority)
        ends.callback(prometheus.stop)
        yield prometheus


async def test_prometheus_reads_what_was_sent(metered, prometheus):
    sessions = [await SocketIOSession.open(metered) for _ in range(3)]
    for session in sessions:
        for _ in range(5):
            await session.expect_working()
    await prometheus.wait_for("up", 1)
    await prometheus.wait_for('martlet_sessions{transport="websocket"}', 3)
    await prometheus.wait_for('martlet_sockets{namespace="/"}', 3)
    await prometheus.wait_for('martlet_handshakes_total{result="accepted"}', 3)
    await prometheus.wait_for("sum(martlet_handler_duration_seconds_count)", 15)
    await prometheus.wait_for("martlet_events_received_total", 15)
    assert 0 < prometheus.value("histogram_quantile(0.5, sum by (le) (martlet_handler_duration_seconds_bucket))") < 1
    metadata = prometheus.get("metadata", metric="martlet_sessions")["martlet_sessions"]
    assert metadata == [{"type": "gauge", "help": "Open sessions, by transport.", "unit": ""}]
    for session in sessions:
        await session.engine.abandon()
    await prometheus.wait_for('martlet_sessions{transport="websocket"}', 0)
    await prometheus.wait_for("sum(martlet_sessions_closed_total)", 3)


async def test_the_format_is_what_promtool_wants(metered):
    session = await SocketIOSession.open(metered)
    await session.expect_working()
    deadline = time.monotonic() + seconds(20)
    while b"martlet_events_received_total 1" not in metered.get("/metrics")[1]:
        assert time.monotonic() < deadline, "there is no report"
        await asyncio.sleep(0.05)
    status, text = metered.get("/metrics")
    assert status == 200
    check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b""), text.decode()
    await session.engine.abandon()
