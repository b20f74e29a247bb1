# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""picows on uvloop: py_picows.py PORT"""

import sys

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

audience = set()


class Echo(WSListener):
    def on_ws_connected(self, transport):
        self.transport = transport

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        else:
            self.on_message(transport, frame)

    def on_message(self, transport, frame):
        transport.send(frame.msg_type, frame.get_payload_as_memoryview())


class Broadcast(Echo):
    def on_ws_connected(self, transport):
        audience.add(transport)

    def on_ws_disconnected(self, transport):
        audience.discard(transport)

    def on_message(self, transport, frame):
        message = frame.get_payload_as_bytes()
        for receiver in audience:
            receiver.send(WSMsgType.TEXT, message)


def make_listener(request):
    return Broadcast() if request.path.startswith(b"/broadcast") else Echo()


async def main():
    server = await ws_create_server(make_listener, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


uvloop.run(main())
