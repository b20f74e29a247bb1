# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""What the chat itself promises."""

import pytest

SHAPES = {
    "light": {"width": 1440, "height": 900},
    "dark": {"width": 1440, "height": 900, "dark": True},
    "phone": {"width": 360, "height": 740, "mobile": True, "scale": 2},
}


def test_a_latecomer_reads_what_was_said(chat):
    ada = chat.enter("Ada")
    ada.says("the first word")
    ada.delivered("the first word")
    chat.enter("Grace").sees("the first word", by="Ada")
    ada.page.reload()
    ada.sees("the first word")
    assert ada.page.evaluate("document.querySelector('.message').classList.contains('own')")


def test_a_room_keeps_its_last_fifty_messages(chat):
    ada = chat.enter("Ada")
    for number in range(53):
        ada.says(f"number {number}")
        ada.page.until("!document.querySelector('.message.own[data-mark=sent]')", "an answer")
        if ada.page.evaluate("Boolean(document.querySelector('.failure'))"):
            # Faster than a person may write: wait until there is a token in the bucket again.
            ada.tries_again_until_all_is_delivered()
    grace = chat.enter("Grace")
    grace.sees("number 52")
    assert grace.messages() == [f"number {number}" for number in range(3, 53)]


def test_too_many_messages_at_once_are_refused_and_can_be_sent_again(chat):
    ada = chat.enter("Ada")
    # From within the page: no machine is too slow for that.
    ada.page.evaluate(
        "for (let number = 0; number < 30; number += 1) {"
        " document.querySelector('#text').value = `burst ${number}`;"
        " document.querySelector('#composer').requestSubmit(); }"
    )
    ada.page.until_text(".failure", "Too many messages at once. Try again")
    ada.tries_again_until_all_is_delivered()


def test_rooms_do_not_hear_each_other(chat):
    ada = chat.enter("Ada", room=f"{chat.room}-a")
    grace = chat.enter("Grace", room=f"{chat.room}-b")
    ada.says("only for a")
    grace.says("only for b")
    ada.delivered("only for a")
    grace.delivered("only for b")
    grace.page.type("#room-name", f"{chat.room} A!")
    grace.page.press_enter()
    grace.sees("only for a", by="Ada")
    grace.sees_in_room("Ada", "Grace")
    assert "only for b" not in grace.messages()
    assert "only for b" not in ada.messages()
    grace.page.until_text("#rooms a[aria-current] span", f"#{chat.room}-a")


def test_markup_stays_text(chat):
    ada = chat.enter("<i>Ada</i>")
    grace = chat.enter("Grace")
    markup = '<img src=x onerror="document.title=1"> https://example.org/ &amp;'
    ada.says(markup)
    grace.sees(markup, by="<i>Ada</i>")
    grace.sees_in_room("<i>Ada</i>", "Grace")
    assert grace.page.evaluate("document.querySelectorAll('.message img, .message a, i').length") == 0


def test_a_hidden_tab_marks_what_is_new(chat):
    ada = chat.enter("Ada")
    grace = chat.enter("Grace")
    hide = (
        "Object.defineProperty(document, 'hidden', { value: %s, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange'));"
    )
    ada.page.evaluate(hide % "true")
    grace.says("are you there?")
    grace.says("hello?")
    ada.sees("hello?")
    ada.page.until(f"document.title === '(2) #{chat.room} · Martlet'", "the title counts")
    assert ada.page.texts(".unread") == ["New"]
    ada.page.evaluate(hide % "false")
    assert ada.page.evaluate("document.title") == f"#{chat.room} · Martlet"


def test_a_new_name_is_told_to_the_others(chat):
    ada = chat.enter("Ada")
    grace = chat.enter("Grace")
    ada.page.click("#rename")
    ada.page.evaluate("document.querySelector('#name').value = ''")
    ada.page.type("#name", "Countess")
    ada.page.press_enter()
    grace.sees_note("Ada is now Countess")
    grace.sees_in_room("Countess", "Grace")
    ada.sees_in_room("Countess", "Grace")


def test_somebody_with_two_tabs_is_there_once_and_a_reload_is_no_departure(chat):
    grace = chat.enter("Grace")
    mary = chat.enter("Mary")
    ada = chat.enter("Ada")
    second = chat.enter_again(ada)
    second.page.until_text("#rooms a[aria-current] .number", "3")
    for listener in (grace, second):
        listener.sees_in_room("Ada", "Grace", "Mary")
    chat.leave(ada)
    second.page.reload()
    second.sees_in_room("Ada", "Grace", "Mary")
    second.says("still here")
    grace.sees("still here", by="Ada")
    # Who leaves now is away for as long as those before.
    chat.leave(mary)
    grace.sees_note("Mary left")
    assert grace.page.texts(".system") == ["Mary came in", "Ada came in", "Mary left"]
    for listener in (grace, second):
        listener.sees_in_room("Ada", "Grace")
    chat.leave(second)
    grace.sees_note("Ada left")
    grace.sees_in_room("Grace")


def test_drawers_open_and_close_by_keyboard(chat):
    ada = chat.enter("Ada", **SHAPES["phone"])
    for opener, drawer in [("open-side", "side"), ("open-panel", "panel")]:
        ada.page.click(f"#{opener}")
        ada.page.until(
            f"document.querySelector('#{drawer}').contains(document.activeElement)", "the drawer has the focus"
        )
        ada.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))")
        ada.page.until(f"document.activeElement.id === '{opener}'", "the button has it back")


def test_the_page_and_its_server_are_locked_down(chat):
    ada = chat.enter("Ada")
    policy = ada.page.evaluate("fetch('/').then((answer) => answer.headers.get('content-security-policy'))")
    for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]:
        assert part in policy
    assert "unsafe" not in policy
    assert ada.page.evaluate(
        "performance.getEntriesByType('resource').every((each) => each.name.startsWith(location.origin))"
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_worth_looking_at(shape, fresh_chat, screenshots):
    chat = fresh_chat
    grace = chat.enter("Grace Hopper", "websocket", room="river")
    ada = chat.enter("Ada", "sse", room="river", **SHAPES[shape])
    mary = chat.enter("Mary", "polling", room="river")
    for speaker, text in [
        (grace, "Has the rook left already?"),
        (grace, "I only see swallows over the river."),
        (ada, "Those never land, that is the whole point."),
        (mary, "Heraldry drew them without feet, so that they would have no reason to."),
        (
            ada,
            "So: a connection that does not drop. WebSocket when it can, "
            "a stream when it must, plain requests when nothing else gets through.",
        ),
        (mary, "I am on polling, behind a proxy from another century, and it just works."),
        (ada, "Switch the transport on the right and keep talking."),
    ]:
        speaker.says(text)
        for listener in (grace, ada, mary):
            listener.sees(text)
    ada.page.until(
        "document.querySelector('#spark-line').getAttribute('d')?.split('L').length > 2", "a curve to look at"
    )
    grace.page.type("#text", "Will do")
    ada.sees_typing("Grace Hopper is writing")
    # Nothing hangs out at the side.
    assert ada.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ada.page.until(
        "document.getAnimations().every((each) => each.effect.getTiming().iterations === Infinity)", "at rest"
    )
    ada.page.screenshot(screenshots / f"{shape}.png")
    assert (screenshots / f"{shape}.png").stat().st_size > 20_000
