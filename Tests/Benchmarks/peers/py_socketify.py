# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""socketify, which is µWebSockets under cffi: py_socketify.py PORT"""

import sys

from socketify import App, AppListenOptions, CompressOptions

behavior = {"compression": CompressOptions.DISABLED, "max_payload_length": 1 << 24, "idle_timeout": 120}
app = App()
app.ws(
    "/broadcast",
    behavior
    | {
        "open": lambda socket: socket.subscribe("all"),
        "message": lambda socket, message, opcode: socket.publish("all", message, opcode),
    },
)
app.ws("/*", behavior | {"message": lambda socket, message, opcode: socket.send(message, opcode)})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda config: None)
app.run()
