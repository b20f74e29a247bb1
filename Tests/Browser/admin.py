# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""What an admin does on the page for admins, in words."""

import json
import re

# What Chromium says of a server that is restarted.
NETWORK_ERRORS = re.compile(r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection to")
TOKEN = "the token of the browser's tests"


class Admin:
    def __init__(self, browser, demo, token=TOKEN, **settings):
        # Without the slash at the end, as people type it.
        self.page = browser.open(f"{demo.url}admin", **settings)
        if token:
            self.tries(token)
            self.page.until("!document.querySelector('#inside').hidden", "the admin is in")

    def tries(self, token):
        self.page.until("document.activeElement.id === 'token'", "the field for the token has the focus")
        self.page.type("#token", token)
        self.page.press_enter()

    def reads(self, tile, text):
        self.page.until_text(f"[data-tile={tile}]", text)

    def chooses(self, kind, name):
        """A namespace or a room, by its name."""
        self.page.until(f"{self._entry(kind, name)}", f"{name} in the list of {kind}")
        self._clicks(kind, name, "true")

    def unchooses(self, kind, name):
        """A room that is chosen."""
        self._clicks(kind, name, "false")

    def _clicks(self, kind, name, is_current):
        self.page.evaluate(f"{self._entry(kind, name)}.click()")
        self.page.until(
            f"{self._entry(kind, name)}.getAttribute('aria-current') === '{is_current}'",
            f"whether {name} is chosen is {is_current}",
        )

    def sees_count(self, kind, name, count):
        self.page.until(
            f"{self._entry(kind, name)}?.querySelector('.number').innerText === '{count}'", f"{count} in {name}"
        )

    def _entry(self, kind, name):
        return (
            f"[...document.querySelectorAll('#{kind} .entry')]"
            f".find((each) => each.firstElementChild.textContent === {json.dumps(name)})"
        )

    def sockets(self):
        return self.page.texts("#sockets tbody th")

    def sees_sockets(self, *ids):
        self.page.until(
            f"[...document.querySelectorAll('#sockets tbody th')].map((each) => each.innerText).sort().join() ==="
            f" {json.dumps(','.join(sorted(ids)))}",
            f"the sockets {ids}",
        )

    def searches(self, kind, text):
        self.page.evaluate(f"document.querySelector('#{kind}-search').select()")
        self.page.type(f"#{kind}-search", text)

    def opens(self, id):
        row = f"[...document.querySelectorAll('#sockets .link')].find((each) => each.innerText === {json.dumps(id)})"
        self.page.until(row, f"{id} in the list")
        self.page.evaluate(f"{row}.click()")
        self.page.until("document.querySelector('#socket').open", "the socket's view is open")
        self.page.until("document.querySelector('#socket-path li')", "the way through the transports")

    def events(self):
        """The newest first, as `← name`."""
        return self.page.evaluate(
            "[...document.querySelectorAll('#socket-events li')].map((each) =>"
            " `${each.children[1].textContent} ${each.children[2].textContent}`)"
        )

    def sees_event(self, event):
        self.page.until(
            "[...document.querySelectorAll('#socket-events li')].some((each) =>"
            f" `${{each.children[1].textContent}} ${{each.children[2].textContent}}` === {json.dumps(event)})",
            f"the event {event}",
        )

    def fits(self, width):
        # A phone makes the page smaller where it is too wide for the screen: `innerWidth` is more than the screen's then.
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width

    def close(self):
        complaints = [each for each in self.page.complaints if not NETWORK_ERRORS.search(each)]
        self.page.close()
        assert not complaints, complaints
