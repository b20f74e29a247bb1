# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Runs abusers.py."""

import asyncio
import contextlib
import json
import sys
from pathlib import Path

from .timing import seconds, within


class Abuse:
    def __init__(self, process):
        self.process = process
        self.state = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, kind, server, count):
        """A crowd of abusers of a kind (a method of `abusers.Crowd`); all have ended at the end of the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "harness.abusers", kind, server.host, str(server.port), str(count),
            cwd=Path(__file__).parents[1], stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        try:
            yield cls(process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()  # reads to the end, without which there is none

    async def until(self, condition, what, limit=seconds(30)):
        """Reads what the crowd tells until it is as it should be."""
        async def read():
            while True:
                line = await self.process.stdout.readline()
                assert line, f"the abusers ended: {self.state}"
                self.state = json.loads(line)
                if condition(self.state):
                    return self.state
        return await within(read(), limit, what)
