# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Three servers are restarted one after the other, under load: nobody notices."""

import asyncio
import contextlib
import os

import pytest

from harness.cluster import ROUND_ROBIN, Cluster, Redis
from harness.numbered_messages import NumberedMessages

CLIENTS = [["websocket"], ["sse"], ["polling"], ["websocket", "sse", "polling"]]
# So many messages each second that what a session keeps lasts for some.
RATE = 200
# How often all servers are restarted.
ROUNDS = int(os.environ.get("MARTLET_RESTARTS", "1"))


# All that is sent to clients is an entry of a stream first.
STREAMS = ["--redis-mode", "streams", "--recovery", "60000"]


@pytest.mark.parametrize("name, options", [
    *((name, []) for name in ROUND_ROBIN), pytest.param("haproxy", STREAMS, id="haproxy-streams")])
async def test_sessions_outlive_their_servers(servers, tmp_path, name, options):
    """Each client has one session from the beginning to the end, and sees each message once and in order: its echoes, and
    the broadcasts of all others."""
    async with contextlib.AsyncExitStack() as ends:
        redis = ends.enter_context(Redis(tmp_path))
        cluster = ends.enter_context(Cluster(servers.executable, redis, options=options, forwards=True))
        proxy = ends.enter_context(ROUND_ROBIN[name](tmp_path, cluster.backends()))
        await cluster.assembled()
        clients = [
            await ends.enter_async_context(
                NumberedMessages.running(proxy, *transports, per_second=RATE, broadcasts=True))
            for transports in CLIENTS]

        async def progress():
            await asyncio.gather(*(client.expect_progress(50) for client in clients))
        await progress()
        for _ in range(ROUNDS):
            for index in range(3):
                # While the clients go on. A server ends well only when it got rid of its sessions.
                await asyncio.gather(asyncio.to_thread(cluster.stop, index), progress())
                await asyncio.to_thread(cluster.start, index)
                await asyncio.gather(cluster.assembled(), progress())
        # All have sent everything before the last one looks whether it has come.
        published = {}
        for client in clients:
            state = await client.all_back()
            published[state["sockets"][0]] = state["published"]
        for client in clients:
            await client.until(lambda state: state["heard"] == published, f"all broadcasts have come: {published}")
            state = await client.close()
            assert state["sent"] == state["received"] >= 500
            assert (state["disconnects"], len(state["sessions"]), len(state["sockets"])) == (0, 1, 1)
            assert state["attaches"] > 1
