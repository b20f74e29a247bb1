# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""python-socketio under uvicorn, on uvloop and httptools: py_sio.py PORT [deflate] [redis://…]"""

import sys

import socketio
import uvicorn

cluster = [socketio.AsyncRedisManager(url) for url in sys.argv[2:] if url.startswith("redis:")]
server = socketio.AsyncServer(
    async_mode="asgi", cors_allowed_origins="*", client_manager=cluster[0] if cluster else None
)


@server.on("echo")
async def echo(sid, argument):
    await server.emit("echo", argument, to=sid)


@server.on("broadcast")
async def broadcast(sid, argument):
    await server.emit("broadcast", argument)


uvicorn.run(
    socketio.ASGIApp(server),
    host="127.0.0.1",
    port=int(sys.argv[1]),
    loop="uvloop",
    http="httptools",
    log_level="error",
    access_log=False,
    backlog=4096,
    ws_per_message_deflate="deflate" in sys.argv[2:],
)
