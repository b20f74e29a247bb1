# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Clients that come, talk and go, so that a picture of a server has something to show."""

import contextlib
import math
import random
import threading
import time

from tour import Client

ROOMS = ("lobby", "garden", "orchard", "pond", "library", "kitchen", "attic", "workshop", "terrace")
PAGES = 2
STREAMS_OF_A_PAGE = 4


class Crowd:
    """From a dozen clients to some forty and back, within two minutes, and more messages the more there are."""

    def __init__(self, browser, demo, seed=17):
        self._random = random.Random(seed)
        self._demo = demo
        self._clients = []
        self._resources = contextlib.ExitStack()
        self._is_over = threading.Event()
        for _ in range(PAGES):
            # A browser opens six connections to a server at most, so a page has few streams.
            page = browser.open(f"{demo.url}martlet.svg")
            self._resources.callback(page.close)
            page.evaluate(
                f"""import("/socket.io/martlet.esm.js").then(({{ io }}) => {{
                    for (let number = 0; number < {STREAMS_OF_A_PAGE}; number += 1) {{
                        const socket = io("/tour", {{ forceNew: true, transports: ["sse"] }});
                        socket.emit("join", {{ room: {list(ROOMS)}[number] }});
                        setInterval(() => socket.emit("my_event", {{ data: "hello" }}), 900 + 100 * number);
                    }}
                }})"""
            )
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self):
        begin = time.monotonic()
        while not self._is_over.wait(0.1):
            wave = 0.5 - 0.5 * math.cos((time.monotonic() - begin) / 120 * 2 * math.pi)
            wanted = 12 + round(28 * wave)
            if len(self._clients) < wanted:
                client = Client(self._demo, self._random.choice(["websocket", "websocket", "polling"]))
                client.says("join", room=self._random.choice(ROOMS))
                self._clients.append(client)
            elif len(self._clients) > wanted + 2:
                self._clients.pop(self._random.randrange(len(self._clients))).close()
            for client in self._random.sample(self._clients, min(len(self._clients), 2 + round(8 * wave))):
                client.says("my_event", data="hello")
                if self._random.random() < 0.1:
                    client.says("my_room_event", room=self._random.choice(ROOMS), data="hello, room")

    def close(self):
        self._is_over.set()
        self._thread.join()
        for client in self._clients:
            client.close()
        self._resources.close()
