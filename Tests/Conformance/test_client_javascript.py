# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The official JavaScript client under Node, by WebSocket, by polling, and by polling that upgrades.

Each case of javascript/official_client.cjs is a test here; the client runs once per way of connecting.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.timing import seconds

HERE = Path(__file__).parent
SCRIPT = HERE / "javascript" / "official_client.cjs"
CASES = re.findall(r"^  async '([^']+)'\(\)", SCRIPT.read_text(), re.MULTILINE)


def bundle():
    path = os.environ.get("MARTLET_SOCKETIO_CLIENT")
    assert path and Path(path).is_file(), "run.sh sets MARTLET_SOCKETIO_CLIENT to socket.io.min.js"
    return path


@pytest.fixture(scope="module", params=["websocket", "polling", "polling+websocket", "websocket, compressed"])
def results(request, plain, deflate_takeover):
    transports, compressed, _ = request.param.partition(", compressed")
    server = deflate_takeover if compressed else plain
    environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
    process = subprocess.run(
        ["node", "--experimental-websocket", "--no-warnings", str(SCRIPT), bundle(), server.url, transports],
        env=environment, capture_output=True, text=True, timeout=seconds(120))
    outcome = {}
    for line in process.stdout.splitlines():
        if line.startswith("{"):
            result = json.loads(line)
            outcome[result["case"]] = result
    return outcome, process


def test_the_client_is_the_official_one():
    assert "Socket.IO v4.8.1" in Path(bundle()).read_text()[:200]
    assert len(CASES) >= 12


def test_node_s_own_WebSocket_agrees_to_compress(deflate_takeover):
    """It is what the official client runs on here."""
    script = f"""
        const socket = new WebSocket('{deflate_takeover.ws_url}/ws-echo');
        socket.onopen = () => {{ console.log(socket.extensions); socket.send('x'.repeat(5000)); }};
        socket.onmessage = (event) => {{ console.log(event.data.length); socket.close(); }};
    """
    process = subprocess.run(["node", "--experimental-websocket", "--no-warnings", "-e", script],
                             capture_output=True, text=True, timeout=seconds(30))
    assert process.stdout.split("\n") == ["permessage-deflate", "5000", ""], process.stdout + process.stderr


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_the_official_client_gets_its_state_back(recovering, transport):
    environment = os.environ | {"NODE_PATH": "/usr/share/nodejs"}
    process = subprocess.run(
        ["node", "--experimental-websocket", "--no-warnings", str(HERE / "javascript" / "official_recovery.cjs"),
         bundle(), recovering.url, transport],
        env=environment, capture_output=True, text=True, timeout=seconds(60))
    assert process.returncode == 0, process.stdout + process.stderr
    assert json.loads(process.stdout) == {
        "first": {"recovered": False, "received": ["before"]},
        "second": {"recovered": True, "sameID": True, "received": ["missed 1", "missed 2"]},
        "third": {"recovered": True, "sameID": True, "received": ["after"], "room": 2},
    }, process.stderr


def test_node_s_own_EventSource_reads_the_sse_transport(plain):
    process = subprocess.run(
        ["node", "--experimental-eventsource", "--no-warnings", str(HERE / "javascript" / "event_source.cjs"),
        plain.url],
        capture_output=True, text=True, timeout=seconds(30))
    packets = [json.loads(line) for line in process.stdout.splitlines()]
    assert packets and packets[0].startswith('0{"sid":"'), process.stdout + process.stderr
    assert packets[1:] == [
        "4hello", "4é 😀", "bAQID", "4two\nlines", "4 leading space", "4trailing space ", "4", "4end"]
    assert process.returncode == 0


@pytest.mark.parametrize("case", CASES)
def test_official_client(results, case):
    outcome, process = results
    assert case in outcome, f"the case did not run:\n{process.stdout[-2000:]}{process.stderr[-2000:]}"
    assert outcome[case]["ok"], outcome[case].get("error")
