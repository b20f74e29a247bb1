# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""The demo in a real browser: pages that talk with each other over each transport, and over changes of it."""

import pytest

TRANSPORTS = ["websocket", "sse", "polling"]
NO_WEBSOCKET = "delete window.WebSocket;"
NO_EVENT_SOURCE = "delete window.EventSource;"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_pages_talk_over(transport, chat):
    ada = chat.enter("Ada", transport)
    ada.uses(transport)
    grace = chat.enter("Grace", transport)
    grace.uses(transport)
    ada.sees_in_room("Ada", "Grace")
    grace.sees_in_room("Ada", "Grace")
    ada.sees_note("Grace came in")

    grace.page.type("#text", "Hel")
    ada.sees_typing("Grace is writing")
    grace.page.type("#text", "lo Ada")
    grace.page.press_enter()
    ada.sees("Hello Ada", by="Grace")
    ada.sees_typing("")
    grace.delivered("Hello Ada")
    ada.says("Good morning, Grace")
    grace.sees("Good morning, Grace", by="Ada")
    ada.delivered("Good morning, Grace")

    grace.page.close()
    chat.visitors.remove(grace)
    ada.sees_note("Grace left")
    ada.sees_in_room("Ada")


def test_the_transports_meet_in_one_room(chat):
    visitors = [chat.enter(transport, transport) for transport in TRANSPORTS]
    for speaker in visitors:
        speaker.says(f"over {speaker.name}")
        for listener in visitors:
            listener.sees(f"over {speaker.name}")


def test_the_best_transport_is_taken_first(chat):
    chat.enter("Ada").uses("websocket")


def test_without_websocket_it_falls_to_sse(chat):
    ada = chat.enter("Ada", before=NO_WEBSOCKET)
    ada.uses("sse")
    ada.says("still here")
    ada.delivered("still here")


def test_without_event_source_too_it_falls_to_polling(chat):
    ada = chat.enter("Ada", before=NO_WEBSOCKET + NO_EVENT_SOURCE)
    ada.uses("polling")
    ada.says("still here")
    ada.delivered("still here")


def test_the_panel_switches_the_transport(chat):
    ada = chat.enter("Ada")
    grace = chat.enter("Grace")
    for transport in ["sse", "polling", "websocket"]:
        ada.chooses(transport)
        ada.uses(transport)
        ada.says(f"now over {transport}")
        grace.sees(f"now over {transport}", by="Ada")
        grace.says(f"I see you over {transport}")
        ada.sees(f"I see you over {transport}", by="Grace")
    assert grace.page.text("#wire-name") == "WebSocket"


def test_auto_goes_back_to_the_best(chat):
    ada = chat.enter("Ada")
    ada.chooses("polling")
    ada.uses("polling")
    ada.chooses("auto")
    ada.uses("websocket")


def test_the_choice_and_the_name_are_remembered(chat):
    ada = chat.enter("Ada")
    ada.chooses("sse")
    ada.uses("sse")
    ada.page.reload()
    ada.sees_in_room("Ada")
    ada.uses("sse")
    assert ada.chosen() == "sse"


def test_the_panel_measures_and_counts(chat):
    ada = chat.enter("Ada")
    ada.page.until("/^[0-9.]+ ms$/.test(document.querySelector('#latency').textContent)", "a round trip is shown")
    ada.page.until("document.querySelector('#spark-line').getAttribute('d').startsWith('M')", "it is drawn")
    assert int(ada.page.text("#sent")) > 0
    assert int(ada.page.text("#received")) > 0
    assert len(ada.session()) > 10


def test_a_restarted_server_is_found_again(interrupted_chat):
    chat = interrupted_chat
    ada = chat.enter("Ada")
    grace = chat.enter("Grace")
    sessions = ada.session(), grace.session()
    chat.demo.kill()
    ada.page.until("!document.querySelector('#banner').hidden", "the banner says that the connection dropped")
    ada.says("said into the dark")
    chat.demo.start()
    ada.sees_in_room("Ada", "Grace", seconds=20)
    grace.sees_in_room("Ada", "Grace", seconds=20)
    grace.sees("said into the dark", by="Ada")
    ada.delivered("said into the dark")
    ada.page.until("document.querySelector('#banner').hidden", "the banner goes")
    assert ada.session() != sessions[0]
    assert grace.session() != sessions[1]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_server_that_stops_in_good_order_says_goodbye_over(transport, interrupted_chat):
    chat = interrupted_chat
    ada = chat.enter("Ada", transport)
    chat.demo.stop()
    ada.page.until("!document.querySelector('#banner').hidden", "the banner says that the connection dropped")
    chat.demo.start()
    ada.sees_in_room("Ada", seconds=20)
    ada.uses(transport)


def test_what_is_written_offline_comes_through_afterwards(chat):
    ada = chat.enter("Ada")
    grace = chat.enter("Grace")
    ada.page.click("#offline")
    grace.sees_in_room("Grace")
    ada.says("from the tunnel")
    assert ada.page.evaluate("document.querySelector('.message.own').dataset.mark") == "waiting"
    grace.says("where are you?")
    grace.delivered("where are you?")
    grace.sees("from the tunnel", by="Ada", seconds=15)
    ada.delivered("from the tunnel")
    ada.sees("where are you?", by="Grace")
