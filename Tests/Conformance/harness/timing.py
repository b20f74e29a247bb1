# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Waits. All of them scale with MARTLET_TIME_FACTOR, so a slow machine needs one number, not edits."""

import asyncio
import os
import time

FACTOR = float(os.environ.get("MARTLET_TIME_FACTOR", "1"))


def seconds(value):
    return value * FACTOR


def milliseconds(value):
    return int(value * FACTOR)


# How long something that must happen may take, and how long something that must not happen is watched for.
DEADLINE = seconds(5)
QUIET = seconds(0.3)


async def within(awaitable, limit=None, what="this"):
    """Awaits, or fails saying what did not come."""
    limit = DEADLINE if limit is None else limit
    try:
        return await asyncio.wait_for(awaitable, limit)
    except (asyncio.TimeoutError, TimeoutError):
        raise AssertionError(f"{what} did not happen within {limit:.1f} s") from None


async def eventually(condition, what, limit=None):
    """Polls a condition (sync or async) until it holds; returns its value."""
    limit = DEADLINE if limit is None else limit
    end = time.monotonic() + limit
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not hold within {limit:.1f} s")
        await asyncio.sleep(0.02)
