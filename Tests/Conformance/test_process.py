# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The executable itself: its command line, its two service pages, and how it ends."""

import asyncio
import re
import signal
import socket
import subprocess

import pytest

from harness.engine_session import SOCKET, PollingSession, SSESession, WebSocketSession, open_session
from harness.socketio_session import SocketIOSession
from harness.timing import eventually, seconds, within


async def test_healthz_answers_200_ok(plain):
    assert plain.get("/healthz") == (200, b"ok")


async def test_stats_count_sessions_and_sockets(own_server):
    async with (await WebSocketSession.open(own_server, SOCKET), await SSESession.open(own_server, SOCKET),
                await SocketIOSession.open(own_server), await SocketIOSession.open(own_server)):
        stats = await eventually(lambda: (s := own_server.stats())["sessions"] == 4 and s, "four sessions")
        assert stats["sockets"] == 2
        assert stats["transports"] == {"websocket": 3, "sse": 1}
        assert {"messagesIn", "messagesOut", "unsentBytes"} <= set(stats)
    await eventually(lambda: own_server.stats()["sessions"] == 0, "the sessions are gone")
    await eventually(lambda: own_server.stats()["sockets"] == 0, "the sockets are gone")


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_0_and_tells_the_clients(servers, by):
    server = servers.start_own([])
    try:
        websocket = await SocketIOSession.open(server)
        sse = await SSESession.open(server)
        polling = await PollingSession.open(server)
        waiting = await polling.start_get()
        await polling.expect_quiet_on(waiting)
        code = await asyncio.to_thread(server.stop, by)
        assert code == 0, f"exit code {code}\n{server.output()}"
        ended = await websocket.engine.expect_closed()
        assert ended.close.code == 1012, "a WebSocket is closed for a restart of the service"
        assert await within(sse.connection.reader.read()) is not None
        response = await within(waiting.read_response(), what="the end of the waiting poll")
        assert response.status == 200 and response.body in (b"1", b"6")
    finally:
        server.stop()


async def test_a_second_signal_ends_it_soon(servers):
    server = servers.start_own([])
    try:
        session = await SocketIOSession.open(server, namespace="/cluster")
        # The handler waits for an answer that does not come, and the server for the handler, ten seconds.
        await session.send('2/cluster,["ask-all",null,"?",600000]')
        await session.expect('2/cluster,0["question","?"]')
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: no_connection(server), "it has stopped listening")
        server.process.send_signal(signal.SIGTERM)
        ended = await session.engine.expect_closed()
        assert ended.close.code == 1012
        assert await asyncio.to_thread(server.process.wait, seconds(6)) == 0, server.output()
    finally:
        server.stop()


def no_connection(server):
    try:
        socket.create_connection((server.host, server.port), timeout=seconds(5)).close()
    except OSError:
        return True
    return False


async def test_many_clients_are_not_sent_away_at_once(servers):
    server = servers.start_own([])
    try:
        sessions = [await SocketIOSession.open(server) for _ in range(400)]
        loop = asyncio.get_running_loop()

        async def time_of_end(session):
            ended = await session.engine.expect_closed()
            assert ended.close.code == 1012
            return loop.time()

        ends = asyncio.gather(*map(time_of_end, sessions))
        assert await asyncio.to_thread(server.stop) == 0, server.output()
        times = sorted(await ends)
        # 2,000 in a second.
        assert times[-1] - times[0] > 0.15
    finally:
        server.stop()


async def test_a_session_that_does_not_react_cannot_hold_up_the_end(servers):
    server = servers.start_own([])
    session = await WebSocketSession.open(server)
    code = await asyncio.to_thread(server.stop)
    assert code == 0
    await session.abandon()


async def test_the_port_of_a_server_that_ended_can_be_taken_at_once(servers):
    first = servers.start_own([])
    session = await open_session(first, "websocket")
    await session.expect_working()
    assert first.stop() == 0
    second = servers.start_own([], first.port)
    assert second.port == first.port
    assert second.stop() == 0


def test_a_port_that_is_taken_is_an_error_and_not_a_hang(servers, plain):
    process = subprocess.run([servers.executable, "--port", str(plain.port)], capture_output=True, text=True,
                             timeout=seconds(15))
    assert process.returncode not in (0, None)
    assert not re.search("Fatal error|Illegal instruction", process.stderr), process.stderr[-500:]
    assert process.returncode > 0, f"ended by signal {-process.returncode}"


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["--port"], ["--port", "x"], ["--port", "70000"],
                                       ["--transports", "pigeon"], ["--ping-interval", "-1"], ["--max-payload",
                                       "many"], ["--trusted-proxy", "10.0.0.0/33"]],
                         ids=" ".join)
def test_a_wrong_command_line_is_told_and_not_a_crash(servers, arguments):
    process = subprocess.run([servers.executable, *arguments], capture_output=True, text=True, timeout=seconds(15))
    assert process.returncode > 0, f"ended with {process.returncode}"
    assert process.stderr or process.stdout


async def test_one_thread_is_enough_and_many_are_no_different(servers):
    for threads in ("1", "4"):
        server = servers.start_own(["--threads", threads])
        try:
            sessions = [await SocketIOSession.open(server, kind) for kind in ("websocket", "polling", "sse") * 4]
            await sessions[0].send('2["broadcast",1]')
            for session in sessions:
                await session.expect('2["broadcast",1]')
            for number, session in enumerate(sessions):
                await session.send('21["join","everyone"]')
                await session.expect(f"31[{number + 1}]")
            await sessions[1].send('2["to-room","everyone","said",2]')
            for number, session in enumerate(sessions):
                if number != 1:
                    await session.expect('2["said",2]')
            await asyncio.gather(*(session.engine.abandon() for session in sessions))
        finally:
            assert server.stop() == 0
