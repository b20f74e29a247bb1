# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""A guest of the showcase's namespace: our client in a page that does nothing else, and numbered messages both ways."""

import json
import pathlib
import re

from chromium import TIME_FACTOR, until
from showcase import NETWORK_ERRORS
from test_faults import Visitor

SCRIPT = re.sub(
    r"^export ", "", (pathlib.Path(__file__).parent / "javascript/guest.js").read_text(), flags=re.MULTILINE
)
# Tests have less patience than people. The order of the transports is the client's own.
OPTIONS = {
    "transportTimeout": 1000 * TIME_FACTOR,
    "reconnectionDelay": 50,
    "reconnectionDelayMax": 200,
    "climbDelay": 200,
    "climbDelayMax": 400,
}


class Guest:
    def __init__(self, browser, demo, faults=None, beside=None, **options):
        self.visitor = Visitor(demo)
        self.visitor.put(**(faults or {}))
        # A page of the same origin that does nothing by itself.
        self.page = browser.open(f"{demo.url}martlet.svg", beside=beside and beside.page)
        self.page.evaluate(
            f"""import("/socket.io/martlet.esm.js").then(({{ io }}) => {{
                {SCRIPT}
                window.guest = new Guest(io, {json.dumps(self.visitor.name)}, {json.dumps({**OPTIONS, **options})});
                guest.begin();
            }})"""
        )
        self.page.until("guest.socket.connected", "the guest is connected", 20)
        self.session = self.page.evaluate("guest.session")

    def uses(self, transport, seconds=10.0):
        self.page.until(f"guest.transport === {json.dumps(transport)}", f"{transport} is in use", seconds)

    def has_no_transport(self):
        self.page.until("!guest.transport", "there is no transport")

    def talks(self, more=10):
        """So many more messages arrive, each way."""
        counts = "guest.socket.emitWithAck('tally').then(({ last }) => [guest.received, last])"
        before = self.page.evaluate(counts)
        until(
            lambda: all(now >= then + more for now, then in zip(self.page.evaluate(counts), before)),
            f"{more} more messages each way",
        )

    def has_lost_nothing(self):
        """In one session from the beginning to the end, which is now."""
        outcome = self.page.evaluate("guest.outcome()")
        assert outcome["ends"] == [] and outcome["session"] == self.session, outcome
        assert outcome["wrong"] == [] and outcome["received"] > 0, outcome
        sent = outcome["sent"]
        assert outcome["tally"] == {"received": sent, "last": sent, "lost": 0, "repeated": 0, "outOfOrder": 0}, outcome
        assert sent > 0

    def close(self):
        # What the page has no link to a picture for, Chromium asks for by itself.
        complaints = [
            each for each in self.page.complaints if not NETWORK_ERRORS.search(each) and "favicon.ico" not in each
        ]
        self.page.close()
        assert not complaints, complaints
