# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Our client in a page of each browser: the transports, the ways from one to the other, and what pages go through."""

import itertools

import pytest
from chromium import TIME_FACTOR, until
from demo import Demo
from guest import Guest

TRANSPORTS = ["websocket", "sse", "polling"]
BUFFER = {"bytes": 1_000_000, "milliseconds": 30_000}
# By what is wrong: the faults before and with it, and the transports that remain, each the best that there is.
FALLBACKS = {
    "websocket refused": ({}, "websocket", {"block": ["websocket"]}, "sse"),
    "websocket stripped": ({}, "websocket", {"upgrade": "strip"}, "sse"),
    "sse refused": ({"block": ["websocket"]}, "sse", {"block": ["websocket", "sse"]}, "polling"),
    "sse held back": ({"block": ["websocket"]}, "sse", {"block": ["websocket"], "buffer": BUFFER}, "polling"),
    "websocket and sse refused": ({}, "websocket", {"block": ["websocket", "sse"]}, "polling"),
}


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def browser(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def hasty_demo():
    """It takes a connection for dead that has been silent for two ping intervals, and so does the client."""
    demo = Demo(PING_INTERVAL=round(400 * TIME_FACTOR))
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def enter(browser, hasty_demo):
    guests = []

    def enter(**settings):
        guests.append(Guest(browser, hasty_demo, **settings))
        return guests[-1]

    yield enter
    for guest in guests:
        guest.close()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_messages_go_both_ways_over(transport, enter):
    ada = enter(transports=[transport])
    ada.uses(transport)
    ada.talks(30)
    ada.uses(transport)
    ada.has_lost_nothing()


def test_the_best_transport_is_taken_where_sse_is_blocked(enter):
    for faults in ({"block": ["sse"]}, {"buffer": BUFFER}):
        ada = enter(faults=faults)
        ada.uses("websocket")
        ada.talks()
        ada.has_lost_nothing()


@pytest.mark.parametrize("wrong", FALLBACKS)
def test_it_begins_on_the_next_and_climbs_with(wrong, enter):
    _, _, faults, transport = FALLBACKS[wrong]
    ada = enter(faults=faults)
    ada.uses(transport)
    ada.talks()
    ada.visitor.put()
    ada.uses("websocket")
    ada.talks()
    ada.has_lost_nothing()


@pytest.mark.parametrize("wrong", FALLBACKS)
def test_it_falls_and_climbs_within_a_session_with(wrong, enter):
    before, first, faults, second = FALLBACKS[wrong]
    ada = enter(faults=before)
    ada.uses(first)
    ada.talks()
    ada.visitor.put(**faults)
    if "upgrade" in faults:
        # A WebSocket that is open has its upgrade behind it.
        assert ada.visitor.cut() > 0
    ada.uses(second)
    ada.talks()
    ada.visitor.put()
    ada.uses("websocket")
    ada.talks()
    ada.has_lost_nothing()


@pytest.mark.parametrize("transports", [*itertools.combinations_with_replacement(TRANSPORTS, 2)], ids="-".join)
def test_two_tabs_at_once_over(transports, enter):
    ada = enter(transports=[transports[0]])
    grace = enter(transports=[transports[1]], beside=ada)
    assert ada.session != grace.session
    for guest, transport in zip((ada, grace), transports):
        guest.talks()
        guest.uses(transport)
    for guest in (ada, grace):
        guest.has_lost_nothing()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_is_emitted_offline_arrives_afterwards_over(transport, enter):
    ada = enter(transports=[transport])
    ada.talks()
    ada.page.goes_offline()
    ada.has_no_transport()
    sent = ada.page.evaluate("guest.sent")
    ada.page.until(f"guest.sent > {sent + 10}", "more is emitted")
    assert not ada.page.evaluate("guest.transport")
    ada.page.goes_online()
    ada.uses(transport)
    ada.talks()
    ada.has_lost_nothing()


def leaves(page, path):
    page.evaluate("addEventListener('pageshow', ({ persisted }) => (window.isRestored = persisted))")
    page.evaluate(f"location.assign('{path}')")
    page.until(f"location.pathname === '{path}' && document.readyState === 'complete'")


def comes_back(page):
    """Whether the browser had kept the page."""
    path = page.evaluate("location.pathname")
    page.evaluate("setTimeout(() => history.back(), 0)")
    page.until(f"location.pathname !== '{path}' && document.readyState === 'complete'")
    return page.evaluate("Boolean(window.isRestored)")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_page_that_is_come_back_to_is_in_the_room_again_over(transport, interrupted_chat):
    ada = interrupted_chat.enter("Ada", transport)
    grace = interrupted_chat.enter("Grace")
    grace.says("before")
    ada.sees("before", by="Grace")
    session = ada.session()
    leaves(ada.page, "/showcase.html")
    said = ["before", "one", "two", "three"]
    for text in said[1:]:
        grace.says(text)
        grace.delivered(text)
    is_restored = comes_back(ada.page)
    ada.sees("three", by="Grace")
    ada.page.until("document.querySelector('#people em')", "the visitor is in the room")
    ada.uses(transport)
    assert ada.messages() == said
    # A page that the browser kept goes on with its session; one that it loaded anew says that it has another.
    assert (ada.session() == session) == is_restored
    if is_restored:
        ada.sees_in_room("Ada", "Grace")
    ada.says("back")
    grace.sees("back", by="Ada")
    grace.says("welcome")
    ada.sees("welcome", by="Grace")


def test_a_page_that_is_come_back_to_counts_on(showcase):
    ada = showcase()
    ada.receives(5)
    session = ada.session()
    leaves(ada.page, "/")
    is_restored = comes_back(ada.page)
    ada.uses("websocket")
    ada.receives(5)
    ada.has_lost_nothing()
    assert (ada.session() == session) == is_restored


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_browser_keeps_a_page_that_sleeps_over(transport, enter):
    """Firefox keeps no page that has a connection open; one that is frozen has none."""
    ada = enter(transports=[transport])
    ada.talks()
    ada.page.evaluate("document.dispatchEvent(new Event('freeze'))")
    ada.has_no_transport()
    if transport == "websocket":
        # Its closing takes a round trip.
        until(lambda: ada.visitor.counters()["connections"] == 0, "the connection is closed")
    leaves(ada.page, "/base.css")
    assert comes_back(ada.page)
    ada.uses(transport)
    ada.talks()
    ada.has_lost_nothing()
