# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The programs of a newcomer, each with python-socketio's client and with Martlet's own: events and answers, a slow
handler, a client that leaves in the middle of one, and the end of the server."""

import contextlib
import json
import subprocess

import pytest
import requests
import socketio
from chromium import until
from demo import Demo


class Sample(Demo):
    def __init__(self, product):
        super().__init__()
        self.product = product
        self.executable = self.executable.with_name(product)
        assert self.executable.exists(), f"{self.executable}: `make check-browser` builds it"

    def until_says(self, text):
        until(lambda: text in self.output(), f"{self.product} says {text!r}; it says {self.output()!r}")

    def get(self, path):
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)


class Python:
    """python-socketio's client."""

    def __init__(self, sample, user=None):
        headers = {}
        if user:
            answer = requests.post(f"{sample.url}login?user={user}", timeout=10)
            headers["Cookie"] = f"login={answer.cookies['login']}"
        self.events = []
        self._client = socketio.Client(reconnection=False)
        self._client.on("*", lambda event, *arguments: self.events.append([event, *arguments]))
        self.is_connected = True
        self._client.on("disconnect", lambda *_: setattr(self, "is_connected", False))
        self._client.connect(sample.url, headers=headers, wait_timeout=10)

    def ask(self, event, *arguments):
        return self._client.call(event, arguments or None, timeout=10)

    def send(self, event, *arguments):
        self._client.emit(event, arguments or None)

    def leave(self):
        # It would close its connection before it has written all that it was to send.
        if self._client.connected:
            self._client.eio.queue.join()
        self._client.disconnect()


class JavaScript:
    """Martlet's client, in a page."""

    def __init__(self, browser, sample, user=None):
        # Any page of the server will do.
        self._page = browser.open(f"{sample.url}socket.io/martlet.esm.js")
        login = f"await fetch('/login?user={user}', {{method: 'POST'}});" if user else ""
        self._page.evaluate(f"""(async () => {{
            {login}
            const {{io}} = await import('/socket.io/martlet.esm.js');
            window.events = [];
            window.socket = io({{reconnection: false}});
            socket.onAny((...event) => events.push(event));
            await new Promise((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
        }})()""")

    @property
    def events(self):
        return json.loads(self._page.evaluate("JSON.stringify(events)"))

    @property
    def is_connected(self):
        return self._page.evaluate("socket.connected")

    def ask(self, event, *arguments):
        """What a handler has thrown has the form in which other clients see it."""
        asked = ", ".join(map(json.dumps, [event, *arguments]))
        return json.loads(self._page.evaluate(f"""socket.emitWithAck({asked}).then(
            (answer) => JSON.stringify(answer ?? null),
            ({{name, message, code}}) => JSON.stringify({{error: {{name, message, code}}}})
        )"""))

    def send(self, event, *arguments):
        self._page.evaluate(f"void socket.emit({', '.join(map(json.dumps, [event, *arguments]))})")

    def leave(self):
        self._page.evaluate("void socket.disconnect()")


@pytest.fixture(params=["python-socketio", "martlet"])
def connect(request, browser):
    """Connects a client to a sample, as a user where it has users."""
    with contextlib.ExitStack() as clients:

        def connect(sample, user=None):
            if request.param == "python-socketio":
                client = Python(sample, user)
            else:
                client = JavaScript(browser, sample, user)
                clients.callback(client._page.close)
            clients.callback(client.leave)
            return client

        yield connect


@pytest.fixture
def start():
    with contextlib.ExitStack() as started:

        def start(product):
            sample = Sample(product)
            sample.start()
            started.callback(sample.stop)
            return sample

        yield start


def test_a_client_in_swift_shares_its_events_with_the_server(start):
    server = start("sample-notes-server")
    client = server.executable.with_name("sample-notes")
    with subprocess.Popen([client, server.url], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as watcher:
        try:
            assert "watching" in watcher.stderr.readline()
            for number, text in enumerate(("buy milk", "feed the birds"), 1):
                added = subprocess.run([client, server.url, "ada", text], capture_output=True, text=True, timeout=10)
                assert added.returncode == 0
                assert added.stderr.rstrip().endswith(f"added {number}")
                assert watcher.stderr.readline().rstrip().endswith(f"{number}. ada: {text}")
        finally:
            watcher.terminate()


def error(message, code):
    return {"error": {"name": "EventError", "message": message, "code": code}}


def until_hears(client, event):
    until(lambda: event in client.events, f"{event} comes; there is {client.events}")


def test_a_chat_knows_who_is_who(start, connect):
    chat = start("sample-chat")
    with pytest.raises(socketio.exceptions.ConnectionError):
        Python(chat)
    ada, bob = connect(chat, "ada"), Python(chat, "bob")
    assert ada.ask("join", "lobby") == ["ada"]
    assert bob.ask("join", "lobby") == ["ada", "bob"]
    until_hears(ada, ["joined", "lobby", "bob"])
    assert ada.ask("say", "lobby", "hello") is True
    until_hears(bob, ["said", "lobby", "ada", "hello"])
    assert ada.ask("say", "garden", "hello") == error("Join first", "not_in_room")
    # A slow handler is waited for; one whose client leaves is cancelled.
    assert ada.ask("search", "martlet") == ["martlet was found"]
    ada.send("search", "swallow")
    ada.leave()
    chat.until_says("nobody waits for swallow any more")
    chat.until_says("ada left: ")
    chat.stop()
    until(lambda: not bob.is_connected, "bob hears of the end")
    assert "bob left: " in chat.output()


def test_a_dashboard_is_fed_in_the_background(start, connect):
    dashboard = start("sample-dashboard")
    assert dashboard.get("/healthz").status_code == 200
    client = connect(dashboard)
    assert client.ask("watch", ["NONE"]) == error("There is no NONE", "unknown_symbol")
    assert set(client.ask("watch", ["ACME"])) == {"ACME"}
    until(lambda: sum(event[:2] == ["price", "ACME"] for event in client.events) >= 3, "prices come")
    assert all(event[:2] == ["price", "ACME"] for event in client.events)
    # Prices come while the slow handler is waited for.
    before = len(client.events)
    assert client.ask("report") > 0
    until(lambda: len(client.events) > before, "prices come")
    client.send("report")
    client.leave()
    dashboard.until_says("nobody waits for the report any more")
    other = connect(dashboard)
    dashboard.stop()
    until(lambda: not other.is_connected, "the client hears of the end")
    assert "the ticker has stopped" in dashboard.output()


def test_a_game_keeps_each_players_state(start, connect):
    game = start("sample-game")
    ada, bob = connect(game), Python(game)
    assert ada.ask("move", "up") == error("Enter first", "not_in_game")
    assert ada.ask("enter", "ada") == {"name": "ada", "x": 0, "y": 0}
    assert bob.ask("enter", "bob") == {"name": "bob", "x": 0, "y": 0}
    until_hears(ada, ["entered", {"name": "bob", "x": 0, "y": 0}])
    assert ada.ask("move", "right") == {"name": "ada", "x": 1, "y": 0}
    assert ada.ask("move", "up") == error("There is a wall", "wall")
    until_hears(bob, ["moved", {"name": "ada", "x": 1, "y": 0}])
    assert ada.ask("hint") in ("up", "down", "left", "right")
    ada.send("hint")
    ada.leave()
    game.until_says("ada needs no hint any more")
    game.until_says("saved ada at 1,0")
    until_hears(bob, ["left", "ada"])
    # The server waits for what its handlers have to save.
    game.stop()
    until(lambda: not bob.is_connected, "bob hears of the end")
    assert "saved bob at 0,0" in game.output()
