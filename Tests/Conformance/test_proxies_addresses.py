# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Whom the server takes a client for, behind nginx and HAProxy, and whose word it takes for that.

The client is 127.0.0.2. The server named `trusting` trusts 127.0.0.1, where the proxies are, and 10.0.0.0/8.
"""

import json

import pytest

from harness.proxies import TYPICAL, HAProxy, Nginx, NGINX_RECOMMENDED
from harness.socketio_session import SocketIOSession

CLIENT = "127.0.0.2"
PROXY = "127.0.0.1"
ALL_TRANSPORTS = pytest.mark.parametrize("transport", ["websocket", "polling", "sse"])
TYPICAL = pytest.mark.parametrize("name", TYPICAL)
SPOOFED = [("X-Forwarded-For", "192.0.2.66"), ("X-Forwarded-Proto", "https")]


async def origin(endpoint, transport="websocket", headers=()):
    """The address of the client and whether it came by HTTPS, as the server has it."""
    async with await SocketIOSession.open(endpoint, transport, headers=headers) as session:
        await session.send('21["origin"]')
        answer = await session.receive()
        assert answer.startswith("31["), answer
        value, = json.loads(answer[2:])
        return value["address"], value["secure"]


@TYPICAL
@ALL_TRANSPORTS
async def test_the_client_is_who_the_proxy_says(proxies, trusting, name, transport):
    proxy = proxies(name, trusting)
    assert await origin(proxy.seen_from(CLIENT), transport) == (CLIENT, False)


@pytest.mark.parametrize("name", ["nginx_recommended", "haproxy"])
@pytest.mark.parametrize("claim", [
    SPOOFED,
    # One that the server trusts: the proxy's word comes after it.
    [("X-Forwarded-For", "192.0.2.66, 10.0.0.1")],
    [("X-Forwarded-For", "192.0.2.66"), ("X-Forwarded-For", PROXY), ("X-Forwarded-Proto", "https")],
    [("X-Forwarded-For", "192.0.2.66," * 400)],
    [("X-Forwarded-For", ""), ("X-Forwarded-Proto", "")],
], ids=["one", "trusted", "lines", "many", "empty"])
async def test_what_a_client_says_of_itself_is_not_believed(proxies, trusting, name, claim):
    proxy = proxies(name, trusting)
    assert await origin(proxy.seen_from(CLIENT), headers=claim) == (CLIENT, False)


@ALL_TRANSPORTS
async def test_a_client_that_is_no_proxy_is_not_believed(trusting, transport):
    assert await origin(trusting.seen_from(CLIENT), transport, SPOOFED) == (CLIENT, False)


@TYPICAL
async def test_a_proxy_that_is_not_trusted_is_not_believed(proxies, plain, name):
    proxy = proxies(name, plain)
    assert await origin(proxy.seen_from(CLIENT), headers=SPOOFED) == (PROXY, False)


@pytest.mark.parametrize("value, address", [
    ("192.0.2.66", "192.0.2.66"), ("192.0.2.66:4711, 10.1.2.3", "192.0.2.66"), ("[2001:db8::1]:80", "2001:db8::1"),
    ("192.0.2.66, unknown, 10.1.2.3", "10.1.2.3"), ("unknown", PROXY),
])
@ALL_TRANSPORTS
async def test_a_trusted_address_is_believed(trusting, value, address, transport):
    headers = [("X-Forwarded-For", value), ("X-Forwarded-Proto", "https")]
    assert await origin(trusting.seen_from(PROXY), transport, headers) == (address, True)


async def test_two_proxies_in_a_row(trusting, tmp_path):
    """nginx goes on with the line that it got; HAProxy adds a line."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "outer").mkdir()
    with HAProxy(tmp_path / "inner", trusting) as inner:
        with Nginx(tmp_path / "outer", inner, NGINX_RECOMMENDED) as outer:
            assert await origin(outer.seen_from(CLIENT)) == (CLIENT, False)
            assert await origin(outer.seen_from(CLIENT), headers=SPOOFED) == (CLIENT, False)
