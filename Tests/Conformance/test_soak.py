# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Everything at once, for a minute, or ten in `make soak`: thousands of sessions on two servers, cut connections, slow
readers, abusers of each kind, and restarts. Who behaves well loses nothing, and is answered as soon as before."""

import asyncio
import contextlib
import os
import random

from harness.abuse import Abuse
from harness.cluster import Cluster, Redis, RoundRobinHAProxy
from harness.mass import Mass
from harness.numbered_messages import NumberedMessages
from harness.server_process import MIB
from harness.steady_clients import TRANSPORTS, LosslessClient, PlainClient, Publisher, SlowReader
from harness.timing import eventually, seconds
from harness.watch import percentile

DURATION = float(os.environ.get("MARTLET_SOAK_SECONDS", "60"))
SESSIONS = int(os.environ.get("MARTLET_SOAK_SESSIONS", "2000"))
SEED = int(os.environ.get("MARTLET_SOAK_SEED") or random.randrange(2**31))
# How many of the sessions are lossless, and how many plain ones are looked at one by one.
LOSSLESS, PLAIN, SLOW = SESSIONS // 40, SESSIONS // 100, SESSIONS // 200
# What a server may hold in the end that it did not hold in the beginning.
KEPT = 10 * MIB
# For so many seconds a connection from one server to the other waits for the next request.
IDLE = 30
# Round trips in the storm may take five times as long as in the calm; a calm below this is as good as this.
WORSE, CALM = 5, seconds(0.02)
# The kinds of abusers, and how many come together.
ABUSE = {"silent": 200, "endless": 200, "slow_heads": 50, "slow_bodies": 50, "unread": 20, "bombs": 5, "large_posts": 2}


class Soak:
    def __init__(self, cluster, proxy, ends):
        self.cluster = cluster
        self.proxy = proxy
        self.ends = ends
        self.choices = random.Random(SEED)
        self.clients = []
        self.tasks = []
        self.masses = []
        self.counts = dict.fromkeys([*ABUSE, "cuts", "restarts"], 0)

    async def begin(self):
        def own():
            return random.Random(self.choices.random())
        nodes = self.cluster.backends()
        self.clients += [LosslessClient(self.proxy, own()) for _ in range(LOSSLESS)]
        self.clients += [PlainClient(nodes[index % 2], own(), TRANSPORTS[index % 3]) for index in range(PLAIN)]
        self.slow = [SlowReader(nodes[index % 2], own(), ("websocket", "sse")[index // 2 % 2]) for index in range(SLOW)]
        self.clients += [*self.slow, Publisher(nodes[0], own(), "websocket")]
        rest = SESSIONS - len(self.clients)
        for proto, share in {"sio": 0.6, "sio-sse": 0.2, "sio-polling": 0.2}.items():
            self.masses.append(await self.ends.enter_async_context(Mass.running(nodes, proto, int(rest * share))))
            await self.masses[-1].come_back()
        self.numbers = [await self.ends.enter_async_context(NumberedMessages.running(self.proxy, *each, per_second=50))
                        for each in (["websocket"], ["websocket", "sse", "polling"])]
        self.tasks += [asyncio.create_task(self.repeat_echo(mass)) for mass in self.masses]
        self.tasks += [asyncio.create_task(self.follow(client)) for client in self.numbers]
        self.tasks += [asyncio.create_task(client.run()) for client in self.clients]
        self.ends.push_async_callback(self.cancel)

    async def follow(self, client):
        while not self.clients[0].is_ending:
            await client.expect_progress(10)

    async def repeat_echo(self, mass):
        while not self.clients[0].is_ending:
            await mass.echo()
            await asyncio.sleep(2)

    async def last(self, duration):
        """Lets that time pass, while all go on."""
        done, _ = await asyncio.wait(self.tasks, timeout=duration, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
            raise AssertionError(f"{task} has ended")

    async def cancel(self):
        pending = self.tasks
        while pending:
            # `asyncio.wait_for` may take one for itself, when what it waits for ends just then.
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=1)

    def take_round_trips(self):
        taken = [time for client in self.clients if isinstance(client, (LosslessClient, PlainClient))
                 and client not in self.slow for time in client.round_trips]
        for client in self.clients:
            client.round_trips.clear()
        return taken

    # The storm

    async def cut(self):
        while True:
            await asyncio.sleep(self.choices.uniform(2, 5))
            await asyncio.to_thread(self.proxy.cut)
            self.counts["cuts"] += 1

    async def abuse(self):
        while True:
            for kind in self.choices.sample(list(ABUSE), len(ABUSE)):
                node = self.choices.choice(self.cluster.running)
                async with Abuse.running(kind, node, ABUSE[kind]):
                    await asyncio.sleep(self.choices.uniform(1, 3))
                self.counts[kind] += 1

    async def restart(self, index):
        await asyncio.to_thread(self.cluster.stop, index)
        await asyncio.to_thread(self.cluster.start, index)
        self.counts["restarts"] += 1

    async def storm(self, duration):
        """The first server is restarted once, and has to stand the rest; the second again and again."""
        storms = [asyncio.create_task(self.cut()), asyncio.create_task(self.abuse())]
        self.tasks += storms
        try:
            await self.last(duration * 0.2)
            await self.restart(0)
            rounds = max(1, int(duration * 0.6 / 60))
            for _ in range(rounds):
                await self.last(duration * 0.6 / rounds)
                await self.restart(1)
            await self.last(duration * 0.2)
        finally:
            for task in storms:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                self.tasks.remove(task)

    async def end(self):
        # The stream goes on until its readers have ended.
        *clients, publisher = self.clients
        for client in clients:
            client.is_ending = True
        *tasks, last = self.tasks
        await asyncio.gather(*tasks)
        publisher.is_ending = True
        await last
        for mass in self.masses:
            await mass.end()
        for client in self.numbers:
            state = await client.finish()
            assert state["sent"] == state["received"] > 0
            assert (state["disconnects"], len(state["sessions"]), len(state["sockets"])) == (0, 1, 1)


async def test_soak(servers, tmp_path):
    print(f"MARTLET_SOAK_SEED={SEED}")
    options = ["--permessage-deflate", "--ping-interval", "10000", "--ping-timeout", "10000"]
    async with contextlib.AsyncExitStack() as ends:
        redis = ends.enter_context(Redis(tmp_path))
        cluster = ends.enter_context(Cluster(servers.executable, redis, 2, options, forwards=True, trims=True))
        proxy = ends.enter_context(RoundRobinHAProxy(tmp_path, cluster.backends()))
        await cluster.assembled()
        began = [(await node.held_bytes(), node.open_descriptors()) for node in cluster.nodes]
        soak = Soak(cluster, proxy, ends)
        await soak.begin()
        await soak.last(5)
        soak.take_round_trips()
        await soak.last(DURATION / 6)
        calm = soak.take_round_trips()
        held = sum(node.stats()["sessions"] for node in cluster.nodes)
        await soak.storm(DURATION * 5 / 6)
        stormy = soak.take_round_trips()
        await soak.end()
        print(f"{held} sessions; {soak.counts}; {sum(client.losses for client in soak.clients)} connections lost, "
              f"{sum(client.number for client in soak.clients)} messages")
        print(f"round trips, 99 % within: {percentile(calm, 0.99) * 1000:.1f} ms of {len(calm)} in the calm, "
              f"{percentile(stormy, 0.99) * 1000:.1f} ms of {len(stormy)} in the storm")
        assert len(calm) > 0 and percentile(stormy, 0.99) <= WORSE * max(CALM, percentile(calm, 0.99))
        assert min(soak.counts.values()) > 0 and all(client.heard for client in soak.slow)
        for node, (bytes_held, descriptors) in zip(cluster.nodes, began):
            await eventually(lambda: node.stats()["sessions"] == 0, "the sessions are gone", seconds(60))
            # The proxy's checks come and go.
            await eventually(lambda: node.open_descriptors() <= descriptors + 2, "the connections are gone",
                             IDLE + seconds(10))
            kept = await node.held_bytes() - bytes_held
            print(f"{node.authority}: {kept / MIB:.1f} MiB more than in the beginning")
            assert kept <= KEPT
