# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""websockets on uvloop: py_websockets.py PORT [deflate]"""

import asyncio
import sys

import uvloop
from websockets.asyncio.server import broadcast, serve

audience = set()


async def handle(socket):
    if not socket.request.path.startswith("/broadcast"):
        async for message in socket:
            await socket.send(message)
        return
    audience.add(socket)
    try:
        async for message in socket:
            broadcast(audience, message)
    finally:
        audience.discard(socket)


async def main():
    compression = "deflate" if "deflate" in sys.argv[2:] else None
    port = int(sys.argv[1])
    async with serve(handle, "127.0.0.1", port, compression=compression, backlog=4096, max_size=1 << 24):
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
