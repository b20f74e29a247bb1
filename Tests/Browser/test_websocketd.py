# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""A program at the end of each WebSocket: lines both ways, and the end of either side."""

import contextlib
import os
import re
import signal

import pytest
from chromium import until
from websocketd import Websocketd, is_gone, refuses
from websockets.exceptions import ConnectionClosed


@pytest.fixture
def serve():
    with contextlib.ExitStack() as started:

        def start(*program, **options):
            server = Websocketd(*program, **options)
            server.start()
            started.callback(server.stop)
            return server

        yield start


def shell(script):
    return "/bin/sh", "-c", script


def end(socket):
    """The close code and the reason, after whatever else comes."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=10)
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_lines_go_both_ways(serve):
    server = serve("cat")
    with server.connect() as socket:
        for text in ("one", "", "zwei: ü 👋", "x" * 65_536, "\r"):
            socket.send(text)
            assert socket.recv(timeout=10) == text.removesuffix("\r")
        # What is two lines to a process are two messages to its peer.
        socket.send("three\nfour")
        assert [socket.recv(timeout=10) for _ in range(2)] == ["three", "four"]
    server.has_no_processes()


def test_each_connection_has_a_process_of_its_own(serve):
    server = serve(*shell("echo $$; read name; echo hello $name; read more"))
    with server.connect() as ada, server.connect() as grace:
        pids = {int(ada.recv(timeout=10)), int(grace.recv(timeout=10))}
        assert pids == set(server.processes()) and len(pids) == 2
        grace.send("Grace")
        ada.send("Ada")
        assert ada.recv(timeout=10) == "hello Ada"
        assert grace.recv(timeout=10) == "hello Grace"
    server.has_no_processes()


def test_all_that_a_process_said_comes_before_its_end(serve):
    server = serve("seq", 20_000)
    with server.connect() as socket:
        assert [int(socket.recv(timeout=10)) for _ in range(20_000)] == list(range(1, 20_001))
        assert end(socket) == (1000, "")
    server.has_no_processes()


def test_a_last_line_without_an_end_counts_and_bad_text_is_replaced(serve):
    server = serve("printf", r"one\r\nb\377d\nlast")
    with server.connect() as socket:
        assert [socket.recv(timeout=10) for _ in range(3)] == ["one", "b\ufffdd", "last"]
        assert end(socket) == (1000, "")


@pytest.mark.parametrize(
    "script, reason",
    [("exit 3", "exit status 3"), ("kill -9 $$", "signal 9"), ("echo out; echo err >&2; exit 1", "exit status 1")],
)
def test_a_process_that_fails_closes_with_1011(serve, script, reason):
    server = serve(*shell(script))
    with server.connect() as socket:
        assert end(socket) == (1011, reason)
    server.has_no_processes()


def test_a_program_that_is_not_there_closes_with_1011(serve):
    server = serve("no-such-program")
    with server.connect() as socket:
        assert end(socket) == (1011, "the process could not run")
    assert "no-such-program" in server.output()


def test_standard_error_goes_to_the_log(serve):
    server = serve(*shell("echo careful >&2; echo said; cat"))
    with server.connect() as socket:
        assert socket.recv(timeout=10) == "said"
        process = server.processes()[0]
        until(lambda: re.search(rf"\bprocess={process}\b.*\bcareful\n", server.output()), "the log has it")


def test_the_end_of_a_connection_ends_its_process_and_what_that_started(serve):
    server = serve(*shell("trap 'echo terminated >&2; exit' TERM; sleep 1000 & echo $!; wait"))
    with server.connect() as socket:
        started = int(socket.recv(timeout=10))
    server.has_no_processes()
    until(lambda: is_gone(started), "what the process had started is gone")
    assert "terminated" in server.output()


def test_a_lost_connection_ends_its_process(serve):
    server = serve("cat")
    with server.connect() as socket:
        socket.send("there")
        assert socket.recv(timeout=10) == "there"
        socket.socket.close()
        server.has_no_processes()


def test_a_process_that_will_not_end_is_killed(serve):
    server = serve(*shell("trap '' TERM; echo $$; while :; do sleep 1000; done"), grace=0.2)
    with server.connect() as socket:
        process = int(socket.recv(timeout=10))
    server.has_no_processes()
    assert is_gone(process)


def test_a_process_that_never_stops_talking_is_ended(serve):
    server = serve("yes", grace=60)
    with server.connect_silently():
        until(server.processes, "a process")
    server.has_no_processes()


def test_a_process_that_says_no_more_is_ended(serve):
    server = serve(*shell("echo last; exec >&- 2>&-; sleep 1000"), grace=0.2)
    with server.connect() as socket:
        assert socket.recv(timeout=10) == "last"
        assert end(socket) == (1011, "signal 15")
    server.has_no_processes()


def test_a_process_that_reads_nothing_does_not_end_the_connection(serve):
    server = serve(*shell("exec <&-; echo deaf; sleep 1000"))
    with server.connect() as socket:
        assert socket.recv(timeout=10) == "deaf"
        for _ in range(3):
            socket.send("hello?")
        socket.ping().wait(10)
        assert server.processes()
    server.has_no_processes()


def test_a_slow_process_costs_its_connection(serve):
    server = serve("sleep", 1000, max_waiting=500_000)
    with server.connect() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(100_000):
                socket.send("x" * 10_000)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "the process is too slow")
    server.has_no_processes()


def test_a_slow_peer_loses_its_connection(serve):
    server = serve("yes", "x" * 4000, max_waiting=500_000)
    with server.connect_silently() as peer:
        # The network's buffers take up to 4 MB (`tcp_wmem`), and the peer's 128 KiB.
        until(lambda: server.bytes_written() > 10_000_000, "the process has written more than may wait")
        received = b"".join(iter(lambda: peer.recv(1 << 16), b""))
    assert received.endswith(b"\x88\x0a\x03\xf0too slow")
    assert len(received) < 10_000_000
    server.has_no_processes()


def test_limits_of_lines(serve):
    server = serve("cat", max_line=10)
    with server.connect() as socket:
        socket.send("x" * 10)
        assert socket.recv(timeout=10) == "x" * 10
        socket.send("x" * 11)
        assert end(socket)[0] == 1009
    with server.connect() as socket:
        socket.send(b"binary")
        assert end(socket) == (1003, "text only")
    server.has_no_processes()
    server = serve("printf", "%11s", "", max_line=10)
    with server.connect() as socket:
        assert end(socket) == (1011, "the process wrote a line that is too long")
    server.has_no_processes()


def test_so_many_processes_and_no_more(serve):
    server = serve("cat", max_processes=2)
    with server.connect() as ada, server.connect() as grace:
        for socket in (ada, grace):
            socket.send("here")
            assert socket.recv(timeout=10) == "here"
        with server.connect() as mary:
            assert end(mary) == (1013, "too many processes")
        assert len(server.processes()) == 2
    server.has_no_processes()
    with server.connect() as socket:
        socket.send("there is a place again")
        assert socket.recv(timeout=10) == "there is a place again"


def test_the_server_ends_its_processes_before_itself(serve):
    server = serve(*shell("trap 'echo bye; exit' TERM; echo $$; while :; do sleep 1000 & wait; done"))
    with server.connect() as socket:
        process = int(socket.recv(timeout=10))
        os.kill(server.pid, signal.SIGTERM)
        assert socket.recv(timeout=10) == "bye"
        assert end(socket) == (1001, "")
        until(lambda: is_gone(process), "the process is gone")


def test_pages_of_other_origins_are_refused(serve):
    server = serve("cat")
    with pytest.raises(Exception, match="403"):
        server.connect(origin="https://example.org")
    assert not server.processes()


def test_the_command_line_is_checked():
    assert "<program>" in refuses("--port", "0")
    assert "There is no port 65536." in refuses("--port=65536", "--", "cat")
    assert "A limit is at least 1." in refuses("--max-processes=0", "--", "cat")
    assert "A time is at least 0." in refuses("--grace=-1", "--", "cat")
