# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The demo's fault proxy, looked at from a bare socket: what it does to those who ask, and to nobody else."""

import concurrent.futures
import contextlib
import http.client
import itertools
import json
import re
import socket
import time

import pytest
from chromium import TIME_FACTOR, until

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
names = itertools.count(int(time.time()))


class Visitor:
    """Asks for faults, and suffers from them."""

    def __init__(self, demo):
        self.port = demo.port
        self.name = f"visitor-{next(names)}"

    def ask(self, method, path="", body=None):
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, f"/faults/{self.name}{path}", json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def put(self, **faults):
        assert self.ask("PUT", body=faults) == (200, faults)

    def cut(self):
        status, answer = self.ask("POST", "/cut")
        assert status == 200
        return answer["cut"]

    def counters(self):
        return self.ask("GET")[1]["counters"]

    def connect(self, timeout=10):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout * TIME_FACTOR)

    def path(self, transport, terms=""):
        return f"/socket.io/?EIO=4&transport={transport}&visitor={self.name}{terms}"

    def get(self, transport, terms="", connection=None, headers=None):
        connection = connection or self.connect()
        connection.request("GET", self.path(transport, terms), headers=headers or {})
        return connection.getresponse()

    def shake_hands(self):
        """A polling session's name."""
        return json.loads(self.get("polling").read()[1:])["sid"]

    def open_websocket(self):
        """A WebSocket, past the open packet."""
        stream = socket.create_connection(("127.0.0.1", self.port), timeout=10 * TIME_FACTOR)
        lines = [f"GET {self.path('websocket')} HTTP/1.1", "Host: demo"]
        lines += [f"{name}: {value}" for name, value in UPGRADE.items()]
        stream.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while b"maxPayload" not in received or not received.endswith(b"}"):
            received += stream.recv(4096)
        assert received.startswith(b"HTTP/1.1 101")
        return stream


@pytest.fixture
def visitor(shared_demo):
    return Visitor(shared_demo)


def frame(text):
    """A masked frame; the mask is zeros."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


def test_a_connection_is_kept_for_many_requests(visitor):
    connection = visitor.connect()
    connection.connect()
    address = connection.sock.getsockname()
    for path, status in [("/", 200), ("/nothing", 404), ("/socket.io/martlet.esm.js", 200), ("/", 200)] * 5:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read() != b"") == (status, status == 200)
        assert connection.sock.getsockname() == address
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, b"")


def test_requests_sent_at_once_are_answered_in_order(visitor):
    with socket.create_connection(("127.0.0.1", visitor.port), timeout=10 * TIME_FACTOR) as stream:
        paths = ["/", "/socket.io/?EIO=4&transport=none", "/style.css", "/nothing"] * 3
        stream.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n".encode() for path in paths))
        stream.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: stream.recv(65536), b""))
    statuses = re.findall(rb"HTTP/1.1 (\d+) ", received)
    alone = []
    for path in paths:
        connection = visitor.connect()
        connection.request("GET", path)
        alone.append(str(connection.getresponse().status).encode())
    assert statuses == alone


def test_what_is_no_http_is_refused(visitor):
    for request, status in [(b"HELLO\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000, b"431")]:
        with socket.create_connection(("127.0.0.1", visitor.port), timeout=10 * TIME_FACTOR) as stream:
            with contextlib.suppress(ConnectionError):
                stream.sendall(request)
            assert stream.recv(4096).startswith(b"HTTP/1.1 " + status)


def test_an_answer_is_passed_on_as_it_comes(visitor):
    """An event of a stream is there at once, and what goes up by another connection comes back on it."""
    stream = visitor.get("sse")
    assert stream.getheader("content-type") == "text/event-stream"
    sid = json.loads(stream.readline()[len("data: 0") :])["sid"]
    took = []
    for _ in range(20):
        begin = time.monotonic()
        post = visitor.connect()
        post.request("POST", visitor.path("sse", f"&sid={sid}"), '40/showcase,{}' if not took else '42/showcase,0["tally"]')
        assert post.getresponse().read() == b"ok"
        while b"/showcase," not in stream.readline():
            pass
        took.append(time.monotonic() - begin)
    # Delayed acknowledgements would cost 40 ms each.
    assert sorted(took)[10] < 0.03 * TIME_FACTOR, took


def test_a_client_that_goes_takes_the_inner_connection_along(visitor):
    websockets = [visitor.open_websocket() for _ in range(5)]
    assert visitor.counters()["connections"] == 5
    for websocket in websockets:
        websocket.close()
    until(lambda: visitor.counters()["connections"] == 0, "the connections are gone")


def test_a_block_refuses_and_resets(visitor):
    websocket = visitor.open_websocket()
    stream = visitor.get("sse")
    stream.readline()
    visitor.put(block=["websocket", "polling"])
    with pytest.raises(ConnectionResetError):
        websocket.recv(1)
    assert visitor.get("websocket", headers=UPGRADE).status == 502
    connection = visitor.connect()
    for _ in range(3):
        answer = visitor.get("polling", connection=connection)
        assert (answer.status, answer.read()) == (502, b"502 Bad Gateway\n")
    assert visitor.counters() == {"connections": 2, "requests": 6, "refused": 4, "cut": 1}
    visitor.put()
    assert visitor.get("polling", connection=connection).status == 200


def test_nobody_else_suffers(visitor, shared_demo):
    visitor.put(block=["websocket", "sse", "polling"])
    other = Visitor(shared_demo)
    other.open_websocket().close()
    assert other.get("polling").status == 200
    connection = visitor.connect()
    connection.request("GET", "/")
    assert connection.getresponse().status == 200


def test_a_stripped_upgrade_is_a_bad_request(visitor):
    visitor.put(upgrade="strip")
    answer = visitor.get("websocket", headers=UPGRADE)
    assert (answer.status, json.loads(answer.read())["code"]) == (400, 3)


def test_a_delay_holds_for_each_way(visitor):
    visitor.put(delay=150)
    begin = time.monotonic()
    visitor.shake_hands()
    assert 0.3 <= time.monotonic() - begin < 0.3 + TIME_FACTOR


def test_a_stall_is_silence_until_it_ends(visitor):
    websocket = visitor.open_websocket()
    visitor.put(stall=True)
    websocket.sendall(frame(b"40/showcase,"))
    websocket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        websocket.recv(1)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        later = pool.submit(visitor.shake_hands)
        done, _ = concurrent.futures.wait([later], timeout=0.3)
        assert not done
        visitor.put()
        assert later.result()
    websocket.settimeout(10 * TIME_FACTOR)
    assert b"40/showcase," in websocket.recv(4096)


def test_what_a_stalled_client_sends_is_bounded(visitor):
    websocket = visitor.open_websocket()
    visitor.put(stall=True)
    websocket.settimeout(1)
    sent = 0
    with pytest.raises(TimeoutError):
        while sent < 64 << 20:
            sent += websocket.send(bytes(65536))
    # The kernel's buffers, and little more.
    assert sent < 32 << 20


def test_a_stalled_connection_does_not_tell_of_its_end(visitor):
    websocket = visitor.open_websocket()
    visitor.put(stall=True)
    websocket.close()

    def is_gone():
        return visitor.counters()["connections"] == 0

    with pytest.raises(AssertionError, match="not within"):
        until(is_gone, "the connection is gone", seconds=0.3)
    visitor.put()
    until(is_gone, "the connection is gone")


def test_a_buffer_holds_a_stream_back_until_its_time(visitor):
    visitor.put(buffer={"bytes": 65536, "milliseconds": 400})
    begin = time.monotonic()
    stream = visitor.get("sse")
    assert time.monotonic() - begin < 0.3 * TIME_FACTOR
    assert stream.readline().startswith(b"data: 0")
    assert time.monotonic() - begin >= 0.4
    # Answers of a known length are no streams.
    begin = time.monotonic()
    visitor.shake_hands()
    assert time.monotonic() - begin < 0.3 * TIME_FACTOR


def test_a_buffer_holds_a_stream_back_until_its_size(visitor):
    visitor.put(buffer={"bytes": 50, "milliseconds": 60_000})
    assert visitor.get("sse").readline().startswith(b"data: 0")


def test_a_cut_resets_what_is_open(visitor):
    websockets = [visitor.open_websocket() for _ in range(3)]
    assert visitor.cut() == 3
    for websocket in websockets:
        with pytest.raises(ConnectionResetError):
            websocket.recv(1)
    assert visitor.cut() == 0
    assert visitor.counters()["cut"] == 3


def test_a_cut_after_bytes_is_the_same_for_the_same_seed(visitor, shared_demo):
    def cuts(visitor, seed):
        """How much of a WebSocket's messages comes through, a connection each."""
        visitor.put(cut={"afterBytes": [1000, 20_000], "seed": seed})
        lengths = []
        for _ in range(4):
            websocket = visitor.open_websocket()
            received = b""
            with contextlib.suppress(ConnectionError):
                websocket.sendall(frame(b"40/showcase,"))
                while True:
                    websocket.sendall(frame(b'42/showcase,0["latency",1]'))
                    received += websocket.recv(4096)
            lengths.append(len(received))
        return lengths

    first = cuts(visitor, 7)
    assert len(set(first)) == 4
    again = cuts(Visitor(shared_demo), 7)
    # Heads count, too, and hold times and names of different lengths; what is read last may be cut anywhere.
    assert all(abs(a - b) < 200 for a, b in zip(first, again)), (first, again)
    assert cuts(Visitor(shared_demo), 8) != first


def test_faults_that_there_are_not_are_refused(visitor):
    for body in [{"block": ["pigeon"]}, {"delay": "long"}, {"cut": {"afterBytes": [5]}}, {"cut": {"afterBytes": [9, 5]}}]:
        assert visitor.ask("PUT", body=body)[0] == 400
    assert visitor.ask("PUT", body={"delay": 10**9}) == (200, {"delay": 10_000})
    for name in ["short", "x" * 65, "with%20space"]:
        visitor.name = name
        assert visitor.ask("GET")[0] == 400
        assert visitor.ask("PUT", body={})[0] == 400


def test_the_server_ends_soon_whatever_is_open(own_demo):
    visitor = Visitor(own_demo)
    open_ends = [visitor.open_websocket(), visitor.get("sse"), visitor.connect()]
    open_ends[2].connect()
    stalled = Visitor(own_demo)
    open_ends.append(stalled.open_websocket())
    stalled.put(stall=True)
    begin = time.monotonic()
    own_demo.stop()
    assert time.monotonic() - begin < 4 * TIME_FACTOR
