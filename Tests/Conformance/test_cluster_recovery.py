# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Connection state recovery of a cluster, on a stream of Redis, with the official JavaScript client."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from harness.timing import seconds
from test_client_javascript import bundle

SCRIPT = Path(__file__).parent / "javascript" / "official_recovery_elsewhere.cjs"


@pytest.fixture
def stream_redis(tmp_path):
    """The URL of a redis-server of this test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
         "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert any("Ready to accept connections" in line for line in process.stdout), "redis-server did not start"
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_client_comes_back_to_another_server_when_its_own_was_killed(servers, stream_redis, transport):
    options = ["--redis", stream_redis, "--redis-mode", "streams", "--recovery", "60000", "--ping-interval", "1000",
               "--ping-timeout", "1000"]
    first, second = servers.start_own(options), servers.start_own(options)
    try:
        process = subprocess.run(
            ["node", "--experimental-websocket", "--no-warnings", str(SCRIPT), bundle(), first.url, str(first.pid),
             second.url, transport, stream_redis],
            env=os.environ | {"NODE_PATH": "/usr/share/nodejs"}, capture_output=True, text=True, timeout=seconds(60))
        assert process.returncode == 0, process.stdout + process.stderr + second.output()
        assert json.loads(process.stdout) == {
            "first": {"recovered": True, "sameID": True, "offsets": True,
                      "received": ["before", "missed 1", "missed 2", "after"]},
            "second": {"recovered": True, "sameID": True, "received": ["missed 3", "end"]},
        }, process.stderr + second.output()
        assert first.stop() == -signal.SIGKILL
    finally:
        first.stop()
        assert second.stop() == 0
