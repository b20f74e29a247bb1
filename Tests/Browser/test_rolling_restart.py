# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""A page whose three servers are restarted one after the other: it has one session, and misses nothing."""

import contextlib
import http.server
import json
import os
import pathlib
import sys
import threading

import pytest
from chromium import TIME_FACTOR

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(TESTS / "Conformance"))

from harness.cluster import Cluster, Redis, RoundRobinHAProxy  # noqa: E402

FILES = {
    "/martlet.esm.js": TESTS.parent / "ClientJS" / "dist" / "martlet.esm.js",
    "/numbers.mjs": TESTS / "Conformance" / "javascript" / "numbers.mjs",
}
PAGE = b"""<!doctype html><title>Numbers</title><link rel="icon" href="data:,"><script type="module">
import { io } from "/martlet.esm.js";
import { numbers } from "/numbers.mjs";
window.begin = (options) => (window.run = numbers({ io, ...options }));
</script>"""


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        file = FILES.get(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if file else "text/html")
        self.end_headers()
        self.wfile.write(file.read_bytes() if file else PAGE)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def page_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("transports", [["websocket", "sse", "polling"], ["sse"], ["polling"]], ids="+".join)
def test_a_page_outlives_its_servers(chromium, tmp_path, transports):
    executable = os.environ.get("MARTLET_INTEROP_SERVER")
    assert executable, "set MARTLET_INTEROP_SERVER to the interop-server executable"
    with contextlib.ExitStack() as ends:
        url = ends.enter_context(page_server())
        redis = ends.enter_context(Redis(tmp_path))
        cluster = ends.enter_context(Cluster(executable, redis, forwards=True, options=["--cors", url.rstrip("/")]))
        proxy = ends.enter_context(RoundRobinHAProxy(tmp_path, cluster.backends()))
        page = chromium.open(url)
        ends.callback(page.close)
        page.until("window.begin", "the scripts are loaded")
        options = {"url": proxy.url, "transports": transports, "perSecond": 200, "broadcasts": True}
        page.evaluate(f"void begin({json.dumps(options)})")

        def progress():
            before = page.evaluate("run.look().sent")
            page.until(f"run.look().faults.length || run.look().received >= {before + 50}", "messages go on", 20)
            assert page.evaluate("run.look().faults") == []

        progress()
        for index in range(3):
            cluster.stop(index)
            progress()
            cluster.start(index)
            progress()
        page.evaluate("run.finish()")
        page.until("run.look().isDone", "all messages have come back", 20 * TIME_FACTOR)
        state = page.evaluate("run.look()")
        assert state["sent"] == state["received"] >= 300, state
        assert state["faults"] == [] and state["disconnects"] == 0, state
        assert len(state["sessions"]) == len(state["sockets"]) == 1 and state["attaches"] > 1, state
