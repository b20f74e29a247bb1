# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""What a person does in the demo's page, in words."""

import json
import re
from urllib.parse import quote

from showcase import LABELS, NETWORK_ERRORS


class Chat:
    def __init__(self, browser, demo, room):
        self.browser = browser
        self.demo = demo
        self.room = re.sub(r"[^a-z0-9]+", "-", room.lower()).strip("-")[:28].strip("-")
        self.visitors = []

    def enter(self, name, transport=None, room=None, **settings):
        """Opens the page as a new visitor, who gives a name and waits to be in the room."""
        query = f"?transport={transport}" if transport else ""
        page = self.browser.open(f"{self.demo.url}{query}#{quote(room or self.room)}", **settings)
        visitor = Visitor(page, name)
        self.visitors.append(visitor)
        page.until("document.querySelector('#welcome').open", "the name is asked for")
        page.type("#name", name)
        page.press_enter()
        page.until("document.querySelector('#people em')", "the visitor is in the room")
        return visitor

    def enter_again(self, visitor):
        """In another tab of the same browser, which knows the name."""
        page = self.browser.open(f"{self.demo.url}#{quote(self.room)}", beside=visitor.page)
        again = Visitor(page, visitor.name)
        self.visitors.append(again)
        page.until("document.querySelector('#people em')", "the visitor is in the room")
        return again

    def leave(self, visitor):
        visitor.page.close()
        self.visitors.remove(visitor)

    def close(self, allow_network_errors):
        for visitor in self.visitors:
            complaints = [
                each
                for each in visitor.page.complaints
                if not (allow_network_errors and NETWORK_ERRORS.search(each))
            ]
            visitor.page.close()
            assert not complaints, f"{visitor.name}'s page: {complaints}"


class Visitor:
    def __init__(self, page, name):
        self.page = page
        self.name = name

    def says(self, text):
        self.page.type("#text", text)
        self.page.press_enter()

    def sees(self, text, by=None, seconds=10.0):
        """The message stands in the page, once, under its author's name."""
        self.page.until_text(".message .bubble", text, seconds)
        assert self.messages().count(text) == 1, self.messages()
        if by:
            author = self.page.evaluate(
                f"""(() => {{
                    const items = [...document.querySelectorAll(".message")];
                    let item = items.find((each) => each.innerText.includes({json.dumps(text)}));
                    while (item.classList.contains("same")) item = item.previousElementSibling;
                    return item.querySelector("b").textContent;
                }})()"""
            )
            assert author == by

    def messages(self):
        return [each.strip() for each in self.page.texts(".message .bubble")]

    def delivered(self, text, seconds=10.0):
        """The tick of one's own message says so."""
        self.page.until(
            "[...document.querySelectorAll('.message.own[data-mark=delivered]')]"
            f".some((each) => each.querySelector('.bubble').innerText.trim() === {json.dumps(text)})",
            f"{text!r} is marked as delivered",
            seconds,
        )

    def tries_again_until_all_is_delivered(self):
        """Clicks on what was refused, again and again."""
        self.page.until(
            "(document.querySelector('.failure')?.click(),"
            " !document.querySelector('.message.own:not([data-mark=delivered])'))",
            "all is delivered",
        )

    def sees_in_room(self, *names, seconds=10.0):
        """Exactly these people are in the list, in whatever order."""
        names_shown = "[...document.querySelectorAll('#people li span:nth-child(2)')].map((each) => each.textContent)"
        shown = f"{names_shown}.sort().join('|')"
        self.page.until(f"{shown} === {json.dumps('|'.join(sorted(names)))}", f"in the room: {names}", seconds)

    def sees_note(self, text):
        self.page.until_text(".system", text)

    def sees_typing(self, text):
        self.page.until(f"document.querySelector('#typing').textContent === {json.dumps(text)}", f"typing: {text!r}")

    def uses(self, transport, seconds=10.0):
        """The panel and the socket agree on the transport."""
        self.page.until_text("#wire-name", LABELS[transport], seconds)
        self.page.until_text("#pill-name", LABELS[transport], seconds)

    def chooses(self, choice):
        self.page.click(f"#choice input[value={choice}]")

    def chosen(self):
        return self.page.evaluate("document.querySelector('#choice input:checked').value")

    def session(self):
        return self.page.text("#session")
