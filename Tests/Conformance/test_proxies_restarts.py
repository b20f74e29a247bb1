# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Behind proxies that are restarted and reloaded: plain sessions, and the lossless ones of Martlet's own client."""

import pytest

from harness.numbered_messages import NumberedMessages
from harness.proxies import PROXIES, TYPICAL
from harness.socketio_session import SocketIOSession
from harness.timing import eventually

ALL_TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])


@pytest.fixture
def own_nginx(official, tmp_path):
    """A proxy that belongs to one test."""
    with PROXIES["nginx_classic"](tmp_path, official) as proxy:
        yield proxy


async def test_a_restart_of_the_proxy_ends_websockets(own_nginx, official):
    sessions = official.stats()["sessions"]
    async with await SocketIOSession.open(own_nginx) as session:
        await session.expect_working()
        own_nginx.stop()
        ended = await session.expect_closed()
        assert ended.close.code is None, "nobody is left who could send a close frame"
        await eventually(lambda: official.stats()["sessions"] <= sessions, "the server has let the session go")
    own_nginx.start()
    async with await SocketIOSession.open(own_nginx) as session:
        await session.expect_working()


@pytest.mark.parametrize("transport", ["polling", "sse"])
async def test_a_restart_of_the_proxy_keeps_a_polling_session_and_ends_a_stream(own_nginx, transport):
    async with await SocketIOSession.open(own_nginx, transport) as session:
        await session.expect_working()
        own_nginx.stop()
        own_nginx.start()
        if transport == "polling":
            await session.expect_working()
        else:
            await session.expect_closed()


@ALL_TRANSPORTS
async def test_a_reload_of_the_proxy_disturbs_nobody(own_nginx, transport):
    """The old worker stays until its last connection has ended."""
    async with await SocketIOSession.open(own_nginx, transport) as session:
        before = set(own_nginx.workers())
        own_nginx.reload()
        await eventually(lambda: set(own_nginx.workers()) - before, "a new worker")
        await session.expect_working()
        async with await SocketIOSession.open(own_nginx, transport) as other:
            await other.expect_working()


@pytest.mark.parametrize("name", TYPICAL)
@ALL_TRANSPORTS
async def test_a_lossless_session_lives_through_restarts_and_reloads(plain, tmp_path, name, transport):
    """Thousands of messages each way: none lost, none twice, all in order, and the application sees one session."""
    with PROXIES[name](tmp_path, plain) as proxy:
        async with NumberedMessages.running(proxy, transport) as client:
            await client.expect_progress()
            for restart in range(3):
                proxy.stop()
                # While nobody is there the client tries, and goes on sending.
                sent = client.state["sent"]
                await client.until(lambda state: state["losses"] > restart and state["sent"] >= sent + 200,
                                   "the transport is lost")
                proxy.start()
                await client.expect_progress()
                before = set(proxy.workers())
                proxy.reload()
                await eventually(lambda: set(proxy.workers()) - before, "a new worker")
                await client.expect_progress()
            state = await client.finish()
    assert state["sent"] == state["received"] >= 3000
    assert state["losses"] >= 3 and state["attaches"] >= 4
    assert (state["disconnects"], len(state["sessions"]), len(state["sockets"])) == (0, 1, 1)
