# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""Numbered messages both ways, through the demo's proxy, while something breaks several times a second."""

import json
import os
import random

import pytest
from chromium import TIME_FACTOR
from scripts import run_in_node, run_in_page

MESSAGES = 10_000
# After so many seconds it has failed.
SECONDS = 60


@pytest.fixture
def seed():
    seed = int(os.environ.get("MARTLET_STORM_SEED") or random.randrange(2**31))
    print(f"MARTLET_STORM_SEED={seed}")
    return seed


def storm(seed):
    return {"seed": seed, "messages": MESSAGES, "perSecond": 500, "binaries": 100, "seconds": SECONDS * TIME_FACTOR}


def test_nothing_is_lost_in_node(shared_demo, seed):
    assert_nothing_is_lost(
        run_in_node("run-storm.js", {"url": shared_demo.url.rstrip("/"), **storm(seed)}, SECONDS + 20)
    )


def test_nothing_is_lost_in_a_browser(browser, shared_demo, seed):
    # A page of the same origin that does nothing by itself.
    page = browser.open(f"{shared_demo.url}martlet.svg")
    try:
        assert_nothing_is_lost(run_in_page(page, "storm", storm(seed), SECONDS + 20))
    finally:
        page.close()


def assert_nothing_is_lost(result):
    report = json.dumps(result, indent=1)
    assert "error" not in result, result["error"]
    # One session from the beginning to the end.
    assert result["ends"] == [] and result["isSameSession"], report
    # Up, as the server counts; a calm sea would prove nothing, so that what broke is counted, too.
    in_order = {"received": MESSAGES, "last": MESSAGES, "lost": 0, "repeated": 0, "outOfOrder": 0}
    assert result["sent"] == MESSAGES and result["tally"] == in_order, report
    assert result["received"] >= MESSAGES and result["wrong"] == [], report
    echoes = result["echoes"]
    assert echoes["received"] == echoes["sent"] >= 50 and echoes["wrong"] == [], report
    assert all(result["done"].values()), report
    assert result["stormed"] / sum(result["done"].values()) < 200 * TIME_FACTOR, report
    assert all(result["transports"].get(name, 0) > 1 for name in ("websocket", "sse", "polling")), report
    assert result["counters"]["cut"] > 10 and result["counters"]["refused"] > 0, report
