# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The page for admins: the numbers of real clients, one of them looked at, disconnected, and sent events."""

import contextlib
import http.client
import pathlib

import pytest
from admin import TOKEN, Admin
from demo import Demo
from tour import Client

SHAPES = {
    "light": {"width": 1280, "height": 900},
    "dark": {"width": 1280, "height": 900, "dark": True},
    "phone": {"width": 360, "height": 740, "mobile": True, "scale": 2},
}
CONTRAST = (pathlib.Path(__file__).parent / "javascript/contrast.js").read_text()
HOSTILE = "<img src=x onerror=window.hostile=1>"


@pytest.fixture
def demo():
    """A server that nobody else has been to."""
    demo = Demo(ADMIN_TOKEN=TOKEN, TOUR_INTERVAL=3_600_000)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def admin(browser, demo):
    with contextlib.ExitStack() as opened:

        def enter(**settings):
            admin = Admin(browser, demo, **settings)
            opened.callback(admin.close)
            return admin

        yield enter


@pytest.fixture
def client(demo):
    with contextlib.ExitStack() as opened:

        def connect(transport="websocket", room=None):
            client = Client(demo, transport)
            opened.callback(client.close)
            client.hears("Connected", 0)
            if room:
                client.says("join", room=room)
                client.next()
            return client

        yield connect


def test_the_token_opens_the_door(admin):
    ada = admin(token=None)
    ada.tries("this is not the right token")
    ada.page.until_text("#login-error", "That is not the token.")
    assert ada.page.evaluate("document.querySelector('#inside').hidden")
    ada.tries(TOKEN)
    ada.page.until("!document.querySelector('#inside').hidden", "the admin is in")
    ada.page.until_text("#state-name", "Live")
    ada.page.reload()
    ada.page.until("!document.querySelector('#inside').hidden", "the admin is in again")
    ada.page.click("#leave")
    ada.page.until("!document.querySelector('#door').hidden", "the admin is out")
    ada.page.reload()
    ada.page.until("document.activeElement.id === 'token'", "the token was forgotten")


def test_who_tries_too_often_has_to_wait(admin):
    ada = admin(token=None)
    for _ in range(10):
        ada.page.evaluate("document.querySelector('#login-error').textContent = ''")
        ada.tries("this is not the right token")
        ada.page.until_text("#login-error", "That is not the token.")
    ada.tries(TOKEN)
    ada.page.until("/^Too many attempts. Try again in [1-6] s.$/.test(document.querySelector('#login-error').innerText)")


def test_it_counts_the_clients(admin, client):
    ada = admin()
    clients = [client("websocket", HOSTILE), client("websocket"), client("polling", "quiet")]
    ada.reads("sessions", "4")
    ada.reads("sockets", "4")
    ada.page.until("/WebSocket 3, SSE 0, Polling 1/.test(document.querySelector('#figures svg').getAttribute('aria-label'))")
    ada.sees_count("namespaces", "/tour", 3)
    ada.chooses("namespaces", "/tour")
    ada.page.until("document.querySelectorAll('#sockets tbody tr').length === 3", "three sockets")
    ada.chooses("rooms", "quiet")
    ada.page.until("document.querySelectorAll('#sockets tbody tr').length === 1", "one of them is in the room")
    assert ada.page.texts("#sockets td.transport") == ["Polling"]
    assert ada.page.text("#scope") == "in quiet of /tour"
    clients[2].close()
    ada.reads("sessions", "3")
    ada.page.until("document.querySelector('#disconnects').innerText.startsWith('client namespace disconnect')", "why it has left")


def test_sockets_are_found(admin, client):
    ada = admin()
    for _ in range(30):
        client()
    ada.chooses("namespaces", "/tour")
    ada.page.until_text("#sockets [data-range]", "1–25 of 30")
    first = ada.sockets()
    ada.page.click("#sockets [data-next]")
    ada.page.until_text("#sockets [data-range]", "26–30 of 30")
    rest = ada.sockets()
    assert len(set(first + rest)) == 30
    ada.searches("sockets", rest[0][4:])
    ada.sees_sockets(rest[0])
    ada.page.until_text("#sockets [data-range]", "1–1 of 1")
    ada.searches("sockets", "no such socket")
    ada.page.until_text("#sockets [data-range]", "No socket")


def test_a_socket_is_looked_at_and_disconnected(admin, client):
    ada = admin()
    grace = client("polling", HOSTILE)
    ada.chooses("namespaces", "/tour")
    ada.page.until("document.querySelectorAll('#sockets tbody tr').length === 1", "a socket")
    ada.opens(ada.sockets()[0])
    assert ada.page.texts("#socket-rooms li") == [HOSTILE]
    assert "Polling" in ada.page.text("#socket-path li")
    grace.says("my_event", data="a secret")
    ada.sees_event("← my_event")
    ada.sees_event("→ my_response")
    assert ada.events() == ["→ my_response", "← my_event"]
    assert "a secret" not in ada.page.evaluate("document.documentElement.outerHTML")
    ada.page.click("#socket-disconnect")
    ada.page.until("document.querySelector('#confirm').open", "it asks first")
    ada.page.click("#confirm [data-close]")
    ada.page.until("!document.querySelector('#confirm').open", "it can be called off")
    grace.hears("a secret", 2)
    ada.page.click("#socket-disconnect")
    ada.page.click("#confirm-yes")
    ada.page.until("document.querySelector('#socket-gone').innerText.endsWith('server namespace disconnect')", "its end")
    assert grace.next() == "disconnect"
    assert ada.page.evaluate("document.querySelector('#socket-disconnect').disabled")
    ada.page.click("#socket [data-close]")
    ada.sees_count("namespaces", "/tour", 0)


def test_an_event_is_sent_to_a_room(admin, client):
    ada = admin()
    inside, outside = client("websocket", HOSTILE), client("websocket")
    ada.chooses("namespaces", "/tour")
    ada.chooses("rooms", HOSTILE)
    ada.page.click("#open-broadcast")
    assert ada.page.evaluate("document.querySelector('#broadcast-room').value") == HOSTILE
    send = "document.querySelector('#broadcast-arguments')"
    for wrong in ("{", '{"data":1}', "[1,]"):
        ada.page.evaluate(f"{send}.select()")
        ada.page.type("#broadcast-arguments", wrong)
        ada.page.type("#broadcast-event", "")
        assert ada.page.text("#broadcast-error").startswith("Not a JSON array"), wrong
        assert ada.page.evaluate(f"{send}.getAttribute('aria-invalid')") == "true"
    ada.page.evaluate(f"{send}.select()")
    ada.page.type("#broadcast-arguments", '[{"data": "from an admin", "count": 7}]')
    ada.page.click("#broadcast-send")
    ada.page.until_text("#broadcast-error", "An event has a name.")
    ada.page.type("#broadcast-event", "my_response")
    ada.page.press_enter()
    ada.page.until_text("#toast", "Sent to 1 socket")
    inside.hears("from an admin", 7)
    ada.unchooses("rooms", HOSTILE)
    ada.page.click("#open-broadcast")
    ada.page.evaluate("document.querySelector('#broadcast-room').value = ''")
    ada.page.click("#broadcast-send")
    ada.page.until_text("#toast", "Sent to 2 sockets")
    for each in (inside, outside):
        each.hears("from an admin", 7)


def test_names_from_clients_are_only_text(admin, client):
    ada = admin()
    client("websocket", HOSTILE)
    ada.chooses("namespaces", "/tour")
    ada.sees_count("rooms", HOSTILE, 1)
    ada.chooses("rooms", HOSTILE)
    ada.page.until("document.querySelectorAll('#sockets tbody tr').length === 1", "a socket")
    ada.opens(ada.sockets()[0])
    assert HOSTILE in ada.page.text("#scope")
    assert ada.page.evaluate("document.querySelectorAll('img').length") == 2  # The page's own.
    assert ada.page.evaluate("window.hostile") is None


def test_it_comes_back_after_the_server(admin, client, demo):
    ada = admin()
    client()
    ada.reads("sessions", "2")
    demo.kill()
    ada.page.until_text("#state-name", "Reconnecting")
    demo.start()
    ada.page.until_text("#state-name", "Live", 20)
    ada.reads("sessions", "1")


def test_the_keyboard_reads_the_pictures(admin):
    ada = admin()
    ada.page.until("document.querySelectorAll('#figures svg .line').length === 4", "pictures")
    ada.page.until("document.querySelector('#figures .area')?.getAttribute('d').split('L').length > 5", "some seconds")
    ada.page.evaluate("document.querySelector('#figures svg').focus()")
    ada.page.press("ArrowRight")
    ada.page.until("/WebSocket/.test(document.querySelector('#figures .tip').innerText)", "a tip")
    ada.page.evaluate("document.activeElement.blur()")
    ada.page.until("document.querySelector('#figures .tip').hidden", "the tip goes")


def test_every_answer_is_guarded(demo):
    connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=10)
    for path, status in (("/admin", 308), ("/admin/", 200), ("/admin/admin.js", 200), ("/admin/nothing", 404)):
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status, path
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    connection.close()


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_worth_looking_at(shape, admin, client, screenshots):
    ada = admin(**SHAPES[shape])
    for number in range(12):
        client("polling" if number % 3 else "websocket", f"room {number}" if number else HOSTILE)
    ada.reads("sockets", "13")
    ada.chooses("namespaces", "/tour")
    ada.page.until("document.querySelectorAll('#sockets tbody tr').length === 12", "sockets")
    ada.page.until("document.querySelector('#figures .area')?.getAttribute('d').split('L').length > 5", "some seconds")
    views = {
        "list": None,
        "socket": lambda: ada.opens(ada.sockets()[0]),
        "confirm": lambda: ada.page.click("#socket-disconnect"),
        "broadcast": lambda: ada.page.click("#open-broadcast"),
        "door": lambda: ada.page.click("#leave"),
    }
    for view, go in views.items():
        if view in ("broadcast", "door"):
            ada.page.evaluate("document.querySelectorAll('dialog').forEach((each) => each.close())")
        if go:
            go()
        ada.fits(SHAPES[shape]["width"])
        assert ada.page.evaluate(CONTRAST) == [], view
        # A field without a name, and a button without words, are nothing to those who do not see them.
        assert ada.page.evaluate(
            "[...document.querySelectorAll('input, textarea, button')].every((each) =>"
            " each.labels?.length || each.getAttribute('aria-label') || each.textContent.trim())"
        ), view
        ada.page.screenshot(screenshots / f"admin-{view}-{shape}.png")
        assert (screenshots / f"admin-{view}-{shape}.png").stat().st_size > 10_000
