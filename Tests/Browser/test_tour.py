# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The tour: every event that the page can send, by a client that nobody here wrote and by every button of the page."""

import contextlib
import pathlib

import pytest
from demo import Demo
from tour import Client, Visitor

SHAPES = {
    "light": {"width": 1280, "height": 900},
    "dark": {"width": 1280, "height": 900, "dark": True},
    "phone": {"width": 360, "height": 740, "mobile": True, "scale": 2},
}
CONTRAST = (pathlib.Path(__file__).parent / "javascript/contrast.js").read_text()
TRANSPORTS = pytest.mark.parametrize("transport", ["polling", "websocket"])


@pytest.fixture(scope="module")
def quiet_demo():
    """The server says nothing by itself. It must stop all the same: its clock does not keep it."""
    demo = Demo(TOUR_INTERVAL=3_600_000)
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def client(quiet_demo, transport):
    with contextlib.ExitStack() as opened:

        def connect(demo=quiet_demo):
            client = Client(demo, transport)
            opened.callback(client.close)
            client.hears("Connected", 0)
            return client

        yield connect


@pytest.fixture
def visitor(browser, quiet_demo):
    with contextlib.ExitStack() as opened:

        def visit(**settings):
            visitor = Visitor(browser, quiet_demo, **settings)
            opened.callback(visitor.close)
            return visitor

        yield visit


@TRANSPORTS
def test_every_event(client):
    ada, grace = client(), client()
    ada.says("my_event", data="only for me")
    ada.hears("only for me", 1)
    ada.says("my_broadcast_event", data="for all")
    ada.hears("for all", 2)
    grace.hears("for all", 2)

    ada.says("join", room="b")
    ada.hears("In rooms: b", 3)
    ada.says("join", room="a")
    ada.hears("In rooms: a, b", 4)
    grace.says("my_room_event", room="a", data="from outside")
    ada.hears("from outside", 1)
    grace.says("join", room="a")
    grace.hears("In rooms: a", 2)
    ada.says("leave", room="b")
    ada.hears("In rooms: a", 5)
    ada.says("my_room_event", room="a", data="to both")
    ada.hears("to both", 6)
    grace.hears("to both", 6)
    ada.says("close_room", room="a")
    ada.hears("Room a is closing.", 7)
    grace.hears("Room a is closing.", 7)
    ada.says("my_room_event", room="a", data="to nobody")
    ada.says("my_broadcast_event", data="what comes next")
    ada.hears("what comes next", 9)
    grace.hears("what comes next", 9)
    grace.says("leave", room="a")
    grace.hears("In rooms: ", 3)

    ada.says("my_ping")
    assert ada.next() == ("my_pong",)
    ada.says("disconnect_request")
    ada.hears("Disconnected!", 10)
    assert ada.next() == "disconnect"
    grace.says("my_event", data="still here")
    grace.hears("still here", 4)


@TRANSPORTS
def test_what_a_visitor_may_grow_has_limits(client):
    ada, grace = client(), client()
    ada.says("my_event", data="x" * 8001)
    ada.hears("Too long", 1)
    ada.says("join", room="x" * 65)
    ada.hears("A room's name has 1 to 64 bytes", 2)
    ada.says("join", room="")
    ada.hears("A room's name has 1 to 64 bytes", 3)
    for number in range(10):
        ada.says("join", room=str(number))
        ada.hears(f"In rooms: {', '.join(map(str, range(number + 1)))}", number + 4)
    ada.says("join", room="10")
    ada.hears("Nobody is in more than 10 rooms", 14)
    ada.says("join", room="9")
    ada.hears("In rooms: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9", 15)
    heard = 0
    for number in range(16, 1000):
        ada.says("my_broadcast_event", data="again")
        event, answer = ada.next()
        if answer["data"] != "again":
            break
        assert answer["count"] == number
        heard += 1
        grace.hears("again", number)
    assert answer == {"data": "Too many messages at once", "count": number}
    assert heard >= 20
    grace.says("my_event", data="and not more")
    grace.hears("and not more", 1)


@TRANSPORTS
def test_what_is_no_event_of_the_tour_costs_nothing(client):
    ada = client()
    ada.says("my_event", data=7)
    ada.says("join", place="a")
    ada.says("my_event", data="well-formed")
    ada.hears("well-formed", 1)


@TRANSPORTS
def test_the_server_speaks_by_itself_while_somebody_is_there(client):
    demo = Demo(TOUR_INTERVAL=20)
    demo.start()
    try:
        ada = client(demo)
        # The first one, however long the server has run without anybody.
        for count in (1, 2, 3):
            ada.hears("Server generated event", count)
        grace = Client(demo, "websocket")
        assert grace.next() == ("my_response", {"data": "Connected", "count": 0})
        event, answer = grace.next()
        assert (event, answer["data"]) == ("my_response", "Server generated event")
        grace.hears("Server generated event", answer["count"] + 1)
        for count in range(4, answer["count"] + 1):
            ada.hears("Server generated event", count)
        grace.close()
        ada.close()
    finally:
        demo.stop()


def test_the_pages_lead_to_it(browser, quiet_demo, visitor):
    chat = browser.open(quiet_demo.url)
    assert chat.evaluate("document.querySelector('#side .to-tour').pathname") == "/tour.html"
    chat.close()
    showcase = browser.open(f"{quiet_demo.url}showcase.html")
    assert showcase.evaluate("document.querySelector('.top nav a:last-child').pathname") == "/tour.html"
    showcase.close()
    links = "[...document.querySelectorAll('.top nav a')].map((each) => each.pathname)"
    assert visitor().page.evaluate(links) == ["/", "/showcase.html", "/tour.html"]


def test_every_button(visitor):
    ada, grace = visitor(), visitor()
    ada.sends("my_event", data="only for me")
    ada.reads("1: only for me")
    ada.sends("my_broadcast_event", data="for all")
    ada.reads("2: for all")
    grace.reads("2: for all")
    ada.sends("join", room="a")
    ada.reads("3: In rooms: a")
    grace.sends("my_room_event", room="a", data="<b>from outside</b>")
    ada.reads("1: <b>from outside</b>")
    grace.sends("join", room="a")
    grace.reads("2: In rooms: a")
    ada.sends("leave", room="a")
    ada.reads("4: In rooms:")
    grace.sends("close_room", room="a")
    grace.reads("3: Room a is closing.")
    grace.sends("my_ping")
    grace.page.until("/^[0-9.]+ ms$/.test(document.querySelector('#pong').textContent)", "a round trip")
    ada.sends("disconnect_request")
    ada.reads("5: Disconnected!")
    ada.reads("Disconnected: io server disconnect")
    ada.page.until_text("#state", "Not connected")
    assert ada.page.evaluate("document.querySelector('#events').disabled")
    ada.page.click("#connect")
    ada.is_connected()
    assert ada.page.evaluate("document.querySelector('#connect').hidden")
    ada.sends("my_event", data="back again")
    ada.reads("1: back again")
    assert grace.read() == [
        "3: Room a is closing.",
        "2: In rooms: a",
        "2: for all",
        "0: Connected",
    ]
    ada.page.click("#theme")
    assert ada.page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_worth_looking_at(shape, visitor, screenshots):
    ada = visitor(**SHAPES[shape])
    for event in ("my_event", "join", "my_room_event", "my_ping"):
        ada.sends(event)
    ada.reads("3: Hello, room")
    ada.page.until("document.querySelector('#pong').textContent !== '–'", "a round trip")
    # A phone makes the page smaller where it is too wide for the screen: `innerWidth` is more than the screen's then.
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= SHAPES[shape]["width"]
    assert ada.page.evaluate(CONTRAST) == []
    ada.page.screenshot(screenshots / f"tour-{shape}.png")
    assert (screenshots / f"tour-{shape}.png").stat().st_size > 20_000
