# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The showcase: a session that moves between transports under faults, and both ends that count what arrives."""

import pathlib

import pytest

SHAPES = {
    "light": {"width": 1280, "height": 900},
    "dark": {"width": 1280, "height": 900, "dark": True},
    "phone": {"width": 360, "height": 740, "mobile": True, "scale": 2},
}
CONTRAST = (pathlib.Path(__file__).parent / "javascript/contrast.js").read_text()
# As a network that gives other numbers to some messages, and leaves everything else as it is.
RENUMBERED = """
    const numbers = { 11: 10, 15: 16, 16: 15 };
    const renumber = (data) => typeof data === "string"
        ? data.replace(/"n":(\\d+)/, (whole, number) => `"n":${numbers[number] ?? number}`)
        : data;
    window.WebSocket = class extends WebSocket {
        set onmessage(listener) { super.onmessage = ({ data }) => listener({ data: renumber(data) }); }
        send(data) { super.send(renumber(data)); }
    };
"""


def test_the_chat_leads_to_it(chat):
    ada = chat.enter("Ada")
    for link in ("#side .to-showcase", "#panel .to-showcase"):
        assert ada.page.evaluate(f"document.querySelector('{link}').pathname") == "/showcase.html"
    ada.page.click("#side .to-showcase")
    ada.page.until("document.querySelector('#transport')?.innerText === 'WebSocket'", "the showcase is connected")
    assert ada.page.evaluate("document.querySelector('.top nav a').pathname") == "/"


def test_the_keyboard_chooses_each_transport(showcase):
    ada = showcase()
    session = ada.session()
    ada.tabs_to("#choice input")
    for transport, line in [
        ("websocket", "WebSocket is chosen"),
        ("sse", "^WebSocket to SSE"),
        ("polling", "^SSE to Polling"),
        ("websocket", "^Polling to WebSocket"),
    ]:
        if ada.page.evaluate("document.activeElement.value") == "polling":
            ada.page.press("ArrowRight")
        ada.page.press("ArrowRight")
        ada.uses(transport)
        ada.reads(line)
        ada.receives(1)
    assert ada.moves() == 3
    assert ada.session() == session
    ada.has_lost_nothing()


def test_the_keyboard_presses_every_button(showcase):
    ada = showcase()
    for name in ("cut-again", "stall", "slow", "block-websocket", "block-sse", "buffer-sse"):
        ada.tabs_to(f"[data-fault={name}]")
        ada.page.press("Space")
        ada.suffers(name)
        ada.page.press("Enter")
        ada.suffers()
    ada.page.evaluate("document.activeElement.blur()")
    ada.tabs_to("#load")
    ada.page.press("Space")
    assert ada.page.evaluate("document.querySelector('#load').getAttribute('aria-pressed')") == "true"


def test_a_cut_session_is_back_at_once(showcase):
    ada = showcase()
    session = ada.session()
    ada.cuts()
    ada.reads("^Cut: 1 connection$")
    ada.reads("after [0-9]+ ms$")
    ada.presses("cut-again")
    ada.suffers("cut-again")
    ada.page.until("Number(document.querySelector('#moves').innerText) >= 2", "a move for each cut")
    ada.heals()
    ada.suffers()
    ada.receives(1)
    assert ada.session() == session
    ada.has_lost_nothing()


def test_what_is_blocked_is_left_and_taken_again(showcase):
    ada = showcase()
    ada.presses("block-websocket")
    ada.suffers("block-websocket")
    ada.uses("sse")
    ada.reads("^WebSocket to SSE after")
    ada.presses("block-sse")
    ada.suffers("block-websocket", "block-sse")
    ada.uses("polling")
    ada.reads("^SSE to Polling after")
    ada.heals()
    ada.suffers()
    ada.uses("websocket")
    ada.receives(1)
    ada.has_lost_nothing()


def test_a_buffered_stream_is_left(showcase):
    ada = showcase()
    ada.chooses("sse")
    ada.uses("sse")
    ada.presses("buffer-sse")
    ada.suffers("buffer-sse")
    ada.uses("websocket", "polling")
    ada.receives(1)
    ada.has_lost_nothing()


def test_silence_is_noticed_and_lived_through(showcase):
    ada = showcase()
    session = ada.session()
    ada.presses("stall")
    ada.suffers("stall")
    ada.page.until_text("#transport", "No transport")
    ada.reads("^No transport gets through")
    assert ada.page.evaluate("document.querySelector('#timeline').dataset.lane") == "none"
    ada.heals()
    ada.uses("websocket", "sse", "polling")
    ada.receives(1)
    assert ada.session() == session
    ada.has_lost_nothing()


def test_a_slow_way_is_measured(showcase):
    ada = showcase()
    ada.presses("slow")
    ada.suffers("slow")
    ada.page.until("parseInt(document.querySelector('#latency').innerText) >= 400", "round trips of 400 ms")
    ada.page.until("document.querySelector('#timeline .trips').getAttribute('d').split('L').length > 3", "a curve")


def test_nothing_is_lost_under_load(showcase):
    ada = showcase()
    session = ada.session()
    ada.sets_load()
    ada.receives(500)
    for transport in ("sse", "polling", "websocket"):
        ada.chooses(transport)
        ada.uses(transport)
        ada.cuts()
        ada.receives(500)
    assert ada.moves() >= 3
    assert ada.session() == session
    ada.has_lost_nothing()


def test_the_counters_can_count(showcase):
    """10 twice instead of 11, and 16 before 15: in both directions, through all that counts."""
    ada = showcase(before=RENUMBERED)
    ada.receives(20)
    for way, counts in ada.counts().items():
        assert {name: counts[name] for name in ("lost", "repeated", "outOfOrder")} == {
            "lost": 1,
            "repeated": 1,
            "outOfOrder": 1,
        }, way
    assert ada.page.evaluate("document.querySelectorAll('.wrong').length") == 6
    assert "Messages lost from the server to the page" in ada.page.text("#alarm")
    with pytest.raises(AssertionError):
        ada.has_lost_nothing()


def test_a_lost_session_is_said_to_be_lost(showcase, own_demo):
    ada = showcase(own_demo)
    session = ada.session()
    ada.presses("slow")
    ada.suffers("slow")
    ada.receives(5)
    own_demo.kill()
    ada.page.until_text("#transport", "No transport")
    own_demo.start()
    ada.uses("websocket", "sse", "polling", seconds=20)
    ada.reads("^A new session begins")
    assert ada.session() != session
    assert ada.page.text("#sessions-lost") == "1"
    assert ada.page.evaluate("document.querySelector('#sessions-lost').matches('.wrong')")
    # The new server knows nothing of the fault, and begins to count at 1.
    ada.suffers()
    ada.receives(5)
    # Nothing but what was on its way when the server went.
    for way, counts in ada.counts().items():
        assert counts["repeated"] == counts["outOfOrder"] == 0, way
        assert counts["lost"] < 100, way


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_worth_looking_at(shape, showcase, screenshots):
    ada = showcase(**SHAPES[shape])
    ada.receives(10)
    # A phone makes the page smaller where it is too wide for the screen: `innerWidth` is more than the screen's then.
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= SHAPES[shape]["width"]
    for state in ("rest", "faults"):
        if state == "faults":
            for fault in ("block-websocket", "slow"):
                ada.presses(fault)
            ada.suffers("slow", "block-websocket")
        assert ada.page.evaluate(CONTRAST) == []
    ada.page.screenshot(screenshots / f"showcase-{shape}.png")
    assert (screenshots / f"showcase-{shape}.png").stat().st_size > 20_000
