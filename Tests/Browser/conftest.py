# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

import os
import pathlib
import shutil
import tempfile

import pytest
from chat import Chat
from chromium import Chromium
from demo import Demo
from firefox import Firefox
from showcase import Showcase


@pytest.fixture(scope="session")
def chromium():
    browser = Chromium(shutil.which("chromium") or "/usr/bin/chromium")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox():
    browser = Firefox(shutil.which("firefox-esr") or "/usr/bin/firefox-esr")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def browser(chromium):
    return chromium


@pytest.fixture(scope="session")
def shared_demo():
    demo = Demo()
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def own_demo():
    """A server that a test may stop."""
    demo = Demo()
    demo.start()
    yield demo
    demo.stop()


@pytest.fixture
def chat(browser, shared_demo, request):
    """Opens pages in a room of the test's own. None may have anything to complain of."""
    chat = Chat(browser, shared_demo, room=request.node.name)
    yield chat
    chat.close(allow_network_errors=False)


@pytest.fixture
def fresh_chat(browser, own_demo, request):
    """As above, over a server that nobody has been to."""
    chat = Chat(browser, own_demo, room=request.node.name)
    yield chat
    chat.close(allow_network_errors=False)


@pytest.fixture
def interrupted_chat(browser, own_demo, request):
    """As above, over a server that the test may stop: failed requests are then as they should be."""
    chat = Chat(browser, own_demo, room=request.node.name)
    yield chat
    chat.close(allow_network_errors=True)


@pytest.fixture
def showcase(browser, shared_demo):
    """Opens the showcase, each time as another visitor. Failed requests are what it is about; nothing else may fail."""
    opened = []

    def open_showcase(demo=shared_demo, **settings):
        opened.append(Showcase(browser, demo, **settings))
        return opened[-1]

    yield open_showcase
    for each in opened:
        each.close()


@pytest.fixture(scope="session")
def screenshots():
    folder = pathlib.Path(os.environ.get("MARTLET_SCREENSHOTS") or tempfile.mkdtemp(prefix="martlet-screenshots-"))
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    print(f"\nscreenshots: {folder}")
