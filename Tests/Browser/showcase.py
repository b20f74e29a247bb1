# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""What a person does in the demo's showcase, in words."""

import json
import re

from chromium import until

LABELS = {"websocket": "WebSocket", "sse": "SSE", "polling": "Polling"}
BAD = ("lost", "repeated", "outOfOrder")
# What Chromium, and then Firefox, says of connections that are refused, cut or silent, of a request that its transport
# did not outlive, and of being offline.
NETWORK_ERRORS = re.compile(
    r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|"
    r"ERR_CONTENT_LENGTH_MISMATCH|ERR_ABORTED|ERR_INTERNET_DISCONNECTED|status of (400|50[24])|WebSocket connection to|"
    r"Firefox can’t establish a connection|The connection to \S+ was interrupted"
)


class Showcase:
    def __init__(self, browser, demo, **settings):
        self.page = browser.open(f"{demo.url}showcase.html", **settings)
        self.uses("websocket")

    def uses(self, *transports, seconds=10.0):
        """The page says that one of these carries the session."""
        labels = json.dumps([LABELS[each] for each in transports])
        self.page.until(
            f"{labels}.includes(document.querySelector('#transport').innerText)", f"{transports} in use", seconds
        )

    def tabs_to(self, selector):
        """Goes there by keyboard, and sees where it is all the way."""
        is_there = f"document.activeElement.matches({json.dumps(selector)})"
        for _ in range(40):
            if self.page.evaluate(is_there):
                return
            self.page.press("Tab")
            assert self.page.evaluate(
                "[document.activeElement, document.activeElement.nextElementSibling].some((each) =>"
                " each && getComputedStyle(each).outlineStyle !== 'none')"
            ), f"no focus to be seen on {self.page.evaluate('document.activeElement.outerHTML')}"
        raise AssertionError(f"{selector} is not reached by the Tab key")

    def presses(self, fault):
        self.page.click(f"[data-fault={fault}]")

    def suffers(self, *faults):
        """Exactly these are shown as being in force."""
        shown = "[...document.querySelectorAll('[data-fault][aria-pressed=true]')].map((each) => each.dataset.fault)"
        self.page.until(f"{shown}.join() === {json.dumps(','.join(faults))}", f"in force: {faults}")

    def cuts(self):
        self.page.click("#cut")

    def heals(self):
        self.page.click("#heal")

    def chooses(self, transport):
        self.page.click(f"#choice input[value={transport}]")

    def sets_load(self):
        self.page.click("#load")

    def reads(self, text, seconds=10.0):
        """A line of the list of what happened."""
        self.page.until(
            f"[...document.querySelectorAll('#log span')].some((each) => new RegExp({json.dumps(text)})"
            ".test(each.innerText))",
            f"the list says {text!r}",
            seconds,
        )

    def counts(self):
        """By direction and name, as shown."""
        return self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-direction]')].map((section) =>"
            " [section.dataset.direction, Object.fromEntries([...section.querySelectorAll('[data-count]')]"
            " .map((each) => [each.dataset.count, Number(each.innerText.replaceAll(',', ''))]))]))"
        )

    def moves(self):
        return int(self.page.text("#moves"))

    def session(self):
        return self.page.text("#session")

    def receives(self, more, seconds=10.0):
        """So many more messages arrive, each way."""
        before = self.counts()

        def arrived():
            now = self.counts()
            return all(now[way]["received"] >= before[way]["received"] + more for way in now)

        until(arrived, f"{more} more messages each way", seconds)

    def has_lost_nothing(self):
        counts = self.counts()
        for way, each in counts.items():
            assert {name: each[name] for name in BAD} == dict.fromkeys(BAD, 0), (way, counts)
            assert 0 < each["received"] <= each["sent"]
        assert self.page.text("#sessions-lost") == "0"
        assert not self.page.evaluate("document.querySelector('.wrong')")
        assert self.page.evaluate("document.querySelector('#alarm').hidden")

    def close(self):
        complaints = [each for each in self.page.complaints if not NETWORK_ERRORS.search(each)]
        self.page.close()
        assert not complaints, complaints
