# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A Socket.IO server that is not ours, for the client's tests: python-socketio on aiohttp, on a free loopback port.

Prints the port. Ends when its standard input does, so that it never outlives the test.
"""

import asyncio
import sys

import socketio
from aiohttp import web
from engineio.payload import Payload

# It refuses more than 16 packets in a POST by default; the protocol knows no such limit.
Payload.max_decode_packets = 1000

sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", ping_interval=1, ping_timeout=10)


@sio.event
async def connect(sid, environ, auth):
    await sio.emit("auth", auth, to=sid)


@sio.on("message")
async def message(sid, *args):
    await sio.emit("message-back", args, to=sid)


@sio.on("message-with-ack")
async def message_with_ack(sid, *args):
    return args


asked = {}


@sio.on("third-try")
async def third_try(sid, *args):
    """Answers none of the first two before the third."""
    tries, third = asked.setdefault(sid, ([], asyncio.Event()))
    tries.append(list(args))
    if len(tries) == 3:
        third.set()
    await third.wait()
    return tries[:3]


@sio.on("ask")
async def ask(sid, question):
    answer = await sio.call("question", question, to=sid, timeout=5)
    await sio.emit("answer", answer, to=sid)


@sio.on("count")
async def count(sid, n):
    for i in range(1, n + 1):
        await sio.emit("tick", i, to=sid)


@sio.on("disconnect-me")
async def disconnect_me(sid):
    await sio.disconnect(sid)


@sio.on("connect", namespace="/guarded")
async def connect_guarded(sid, environ, auth):
    if (auth or {}).get("token") != "secret":
        raise socketio.exceptions.ConnectionRefusedError("Not authorized", {"code": "E_AUTH"})


@sio.on("message-with-ack", namespace="/guarded")
async def guarded_message_with_ack(sid, *args):
    return args


async def main():
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, shutdown_timeout=0.1)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


asyncio.run(main())
