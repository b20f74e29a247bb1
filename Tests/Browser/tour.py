# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Who takes the tour of events: with python-socketio, or in a browser."""

import functools
import json
import queue

import engineio.payload
import socketio
from chromium import TIME_FACTOR

# python-engineio refuses an answer to a poll that holds more than 16 packets, which every other server sends, too.
engineio.payload.Payload.max_decode_packets = 100_000


class Client:
    """A Socket.IO client that nobody here wrote; it keeps what it hears, in order."""

    def __init__(self, demo, transport):
        self._heard = queue.Queue()
        self._client = socketio.Client(reconnection=False)
        for event in ("my_response", "my_pong", "disconnect"):
            self._client.on(event, functools.partial(self._keep, event), namespace="/tour")
        self._client.connect(demo.url, transports=[transport], namespaces=["/tour"])
        assert self._client.transport() == transport

    def _keep(self, event, *arguments):
        # The disconnect's argument is the reason, in the client's own words.
        self._heard.put(event if event == "disconnect" else (event, *arguments))

    def says(self, event, **payload):
        self._client.emit(event, payload or None, namespace="/tour")

    def next(self):
        return self._heard.get(timeout=10 * TIME_FACTOR)

    def hears(self, data, count):
        """This is the next thing."""
        assert self.next() == ("my_response", {"data": data, "count": count})

    def close(self):
        self._client.disconnect()


class Visitor:
    """A person with the page."""

    def __init__(self, browser, demo, **settings):
        self.page = browser.open(f"{demo.url}tour.html", **settings)
        self.is_connected()
        self.reads("0: Connected")

    def is_connected(self):
        self.page.until("!document.querySelector('#events').disabled", "the events can be sent")
        self.page.until_text("#state", "Connected over WebSocket")

    def sends(self, event, **payload):
        for name, value in payload.items():
            self.page.evaluate(
                f"document.querySelector('[data-event={event}] [name={name}]').value = {json.dumps(value)}"
            )
        self.page.click(f"form[data-event={event}] button, button[data-event={event}]")

    def read(self):
        """What stands in the list, the last first."""
        return self.page.texts("#log span")

    def reads(self, line):
        self.page.until_text("#log span", line)

    def close(self):
        complaints = self.page.complaints
        self.page.close()
        assert not complaints, complaints
