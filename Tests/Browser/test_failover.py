# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0
"""How long a session is silent when its transport fails, or when it is told to move."""

import statistics

import pytest
from chromium import TIME_FACTOR
from demo import Demo
from scripts import run_in_node

PING_INTERVAL = 500
TIMES = 5


@pytest.fixture
def hasty_demo():
    """It takes a connection for dead that has been silent for two ping intervals."""
    demo = Demo(PING_INTERVAL=PING_INTERVAL)
    demo.start()
    yield demo
    demo.stop()


def test_failing_over_is_quick(hasty_demo):
    options = {"url": hasty_demo.url.rstrip("/"), "pingInterval": PING_INTERVAL, "times": TIMES}
    result = run_in_node("run-failover.js", options, 60)
    took = [each["took"] for each in result["silent"]]
    noticed = [each["noticed"] for each in result["silent"]]
    report = {"dead": result["dead"], "silent": took, "noticed": noticed, "moved": result["moved"]}
    print({name: f"median {statistics.median(times):.1f} ms of {len(times)}" for name, times in report.items()})
    # Milliseconds until the first message on the next transport.
    assert statistics.median(result["dead"]) < 500 * TIME_FACTOR, report
    # Silence is noticed two intervals after the last ping.
    assert statistics.median(took) < 2 * PING_INTERVAL * TIME_FACTOR, report
    assert min(noticed) > PING_INTERVAL / 2, report
    assert statistics.median(result["moved"]) < 50 * TIME_FACTOR, report
