# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Martlet's own JavaScript client under load."""

import asyncio
import contextlib
import json
from pathlib import Path

from .timing import FACTOR, seconds, within

SCRIPT = Path(__file__).parents[1] / "javascript" / "numbered_messages.mjs"
CLIENT = Path(__file__).parents[3] / "ClientJS" / "dist" / "martlet.esm.js"


class NumberedMessages:
    """Martlet's JavaScript client under Node, which sends numbered messages all the time and checks their echoes."""

    def __init__(self, process):
        self.process = process
        self.state = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, server, *transports, per_second=1000, broadcasts=False):
        """- broadcasts: whether it emits numbered broadcasts, too, and checks those of all others."""
        options = {"url": server.url, "transports": transports, "broadcasts": broadcasts,
                   "perSecond": per_second / FACTOR}
        process = await asyncio.create_subprocess_exec(
            "node", "--experimental-websocket", "--experimental-eventsource", "--no-warnings", str(SCRIPT), str(CLIENT),
            json.dumps(options), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()  # reads to the end, without which there is none

    async def until(self, condition, what, limit=None):
        """Reads what the client tells until it is as it should be. Any fault is the end."""
        async def read():
            while True:
                line = await self.process.stdout.readline()
                assert line, f"the client ended: {self.state}"
                self.state = json.loads(line)
                assert not self.state["faults"], self.state
                if condition(self.state):
                    return self.state
        return await within(read(), limit or seconds(20), what)

    async def expect_progress(self, count=500):
        """So many more messages have come back, some of which were sent only now."""
        now = dict(self.state)
        await self.until(lambda state: state["received"] >= now.get("sent", 0) + count, f"{count} more messages")

    async def tell(self, order):
        self.process.stdin.write(order.encode() + b"\n")
        await self.process.stdin.drain()

    async def finish(self):
        await self.all_back()
        return await self.close()

    async def all_back(self):
        """It sends no more, and has received everything."""
        await self.tell("finish")
        return await self.until(lambda state: state["isDone"], "the last message")

    async def close(self):
        await self.tell("close")
        # It goes on telling until then.
        await within(self.process.communicate(), what="the end of the client")
        assert self.process.returncode == 0
        return self.state
