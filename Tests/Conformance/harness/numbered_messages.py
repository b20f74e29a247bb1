# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Martlet's own JavaScript client under load."""

import asyncio
import contextlib
import json
from pathlib import Path

from .timing import seconds, within

SCRIPT = Path(__file__).parents[1] / "javascript" / "numbered_messages.mjs"
CLIENT = Path(__file__).parents[3] / "ClientJS" / "dist" / "martlet.esm.js"


class NumberedMessages:
    """Martlet's JavaScript client under Node, which sends numbered messages all the time and checks their echoes."""

    def __init__(self, process):
        self.process = process
        self.state = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, server, *transports):
        process = await asyncio.create_subprocess_exec(
            "node", "--experimental-websocket", "--experimental-eventsource", "--no-warnings", str(SCRIPT), server.url,
            ",".join(transports), str(CLIENT), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def until(self, condition, what):
        """Reads what the client tells until it is as it should be. Any fault is the end."""
        async def read():
            while True:
                line = await self.process.stdout.readline()
                assert line, f"the client ended: {self.state}"
                self.state = json.loads(line)
                assert not self.state["faults"], self.state
                if condition(self.state):
                    return self.state
        return await within(read(), seconds(20), what)

    async def expect_progress(self, count=500):
        """So many more messages have come back, some of which were sent only now."""
        now = dict(self.state)
        await self.until(lambda state: state["received"] >= now.get("sent", 0) + count, f"{count} more messages")

    async def finish(self):
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()
        await self.until(lambda state: state["isDone"], "the last message")
        assert await within(self.process.wait(), what="the end of the client") == 0
        return self.state
