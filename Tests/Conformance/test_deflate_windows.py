# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""permessage-deflate in every window, each way, with and without what earlier messages said (RFC 7692, 7.1)."""

import zlib

import pytest

from harness.deflate_clients import CLIENTS, exchange_by_node_ws
from harness.deflate_socket import Deflater, DeflateSocket, Parameters, StrictInflater, repeating
from harness.timing import within
from harness.websocket_wire import RawWebSocket

ECHO = "/ws-echo"
WINDOWS = range(9, 16)
TAKEOVER = [(False, False), (False, True), (True, False), (True, True)]


def messages(bits):
    """Shorter and longer than the window, each repeating itself just too far back for it."""
    return [*(repeating(size, bits) for size in (300, 5_000, 100_000, 300, 5_000)), repeating(5_000, bits).encode(),
            "short", "é" * 200, b"", ""]


def every_agreement():
    for bits in WINDOWS:
        for server, client in TAKEOVER:
            for sizes in ((bits, 15), (15, bits), (bits, bits)) if bits < 15 else ((15, 15),):
                yield Parameters(*sizes, server, client)


@pytest.mark.parametrize("bits", [bits for bits in WINDOWS if bits < 15])
def test_a_window_one_bit_too_large_would_be_seen(bits):
    payload = Deflater(bits + 1, no_takeover=True).deflate(repeating(5 << bits, bits).encode())
    with pytest.raises(zlib.error, match="too far back"):
        StrictInflater(bits, no_takeover=True).inflate(payload)


@pytest.mark.parametrize("offered", every_agreement(), ids=lambda offered: offered.offer.partition("; ")[2])
async def test_every_agreement_by_hand(deflate_takeover, offered):
    async with await DeflateSocket.open(deflate_takeover, ECHO, offered) as socket:
        assert socket.agreed == offered
        for message in messages(min(offered.server_bits, offered.client_bits)):
            await socket.send(message)
            text, payload, compressed = await socket.receive_payload()
            plain = message.encode() if isinstance(message, str) else message
            assert text == message
            assert compressed == (len(plain) >= 64)
            if len(plain) == 100_000 and offered.server_bits == 15 > offered.client_bits:
                assert len(payload) < 50_000, "what repeats within the window is to be found"


@pytest.mark.parametrize("bits", WINDOWS)
async def test_a_server_that_keeps_no_context_says_so(deflate, bits):
    async with await DeflateSocket.open(deflate, ECHO, Parameters(bits, bits)) as socket:
        assert socket.agreed == Parameters(bits, bits, True, True)
        for message in messages(bits):
            await socket.send(message)
            assert await socket.receive() == message


async def test_a_server_window_of_8_bits_is_declined(deflate_takeover):
    """zlib has none in raw deflate, and RFC 7692, 7.1.2.1 leaves no larger one to a server that accepts."""
    offer = [("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=8")]
    async with await RawWebSocket.open(deflate_takeover, ECHO, offer) as socket:
        assert socket.response.header("Sec-WebSocket-Extensions") is None
        for message in messages(9):
            await socket.send(message)
            assert await socket.next() == message  # which fails on a compressed frame


async def test_after_a_server_window_of_8_bits_the_next_offer_is_taken(deflate_takeover):
    offer = [("Sec-WebSocket-Extensions",
              "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9")]
    async with await RawWebSocket.open(deflate_takeover, ECHO, offer) as socket:
        assert socket.response.header("Sec-WebSocket-Extensions") == "permessage-deflate; server_max_window_bits=9"


@pytest.mark.parametrize("takeover", [False, True])
async def test_a_client_window_of_8_bits_is_agreed(deflate_takeover, takeover):
    """The server only has to inflate it, which a larger window does too."""
    offered = Parameters(client_bits=8, client_no_takeover=not takeover)
    async with await DeflateSocket.open(deflate_takeover, ECHO, offered) as socket:
        assert socket.agreed == offered
        for message in messages(9):
            await socket.send(message)
            assert await socket.receive() == message


@pytest.mark.parametrize("no_takeover", TAKEOVER, ids=["both keep", "client forgets", "server forgets", "both forget"])
@pytest.mark.parametrize("bits", WINDOWS)
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: type(client).__name__.lower())
async def test_every_window_by_foreign_clients(deflate_takeover, client, bits, no_takeover):
    sent = messages(bits)
    wanted = Parameters(bits, bits, *no_takeover)
    agreed, received = await within(client.exchange(deflate_takeover, ECHO, wanted, sent), what="all echoes")
    assert received == sent
    assert agreed == client.expected(wanted)


def test_every_window_by_node_ws(deflate_takeover):
    wanted = [Parameters(bits, bits, *no_takeover) for bits in WINDOWS for no_takeover in TAKEOVER]
    results = exchange_by_node_ws(deflate_takeover, ECHO, wanted)
    assert len(results) == len(wanted)
    for parameters, result in zip(wanted, results, strict=True):
        assert result["error"] is None, (parameters, result)
        assert Parameters.read(result["agreed"]) == parameters
        assert result["echoed"] == result["sent"] >= 8
