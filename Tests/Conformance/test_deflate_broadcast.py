# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""A broadcast is compressed once for all receivers of a window; each must still inflate its own stream."""

import itertools
import json
import random
from contextlib import AsyncExitStack

import pytest

from harness.deflate_socket import DeflateSocket, Parameters, repeating
from harness.engine_session import SOCKET

TARGET = f"{SOCKET}?EIO=4&transport=websocket"
THRESHOLD = 64

AGREEMENTS = [
    Parameters(9), Parameters(9, 9, True, True), Parameters(10), Parameters(10, 12, client_no_takeover=True),
    Parameters(), Parameters(), Parameters(server_no_takeover=True), Parameters(client_no_takeover=True), None, None,
]


class Member:
    """A connected Socket.IO client in the main namespace."""

    def __init__(self, socket):
        self.socket = socket

    @classmethod
    async def join(cls, server, offered):
        socket = await DeflateSocket.open(server, TARGET, offered)
        assert socket.agreed == offered
        member = cls(socket)
        assert (await socket.receive()).startswith("0{")
        await socket.send("40")
        assert (await socket.receive()).startswith('40{"sid":')
        await member.expect("auth", {})
        return member

    @property
    def window(self):
        """What a shared payload may differ by; None without compression."""
        return self.socket.agreed and self.socket.agreed.server_bits

    async def send(self, *events):
        await self.socket.send(*("42" + json.dumps(event, separators=(",", ":")) for event in events))

    async def expect(self, *event):
        """Takes the next event, which must be this one, compressed exactly if it is long enough; answers its bytes."""
        packet = "42" + json.dumps(event, separators=(",", ":"))
        text, payload, compressed = await self.socket.receive_payload()
        while text == "2":
            await self.socket.send("3")
            text, payload, compressed = await self.socket.receive_payload()
        assert text == packet
        assert compressed == (self.window is not None and len(packet) >= THRESHOLD)
        return payload


async def joined(stack, server, agreements):
    members = [await Member.join(server, offered) for offered in agreements]
    for member in members:
        await stack.enter_async_context(member.socket)
    return members


def texts(source):
    """Texts that have much in common with each other and with themselves, near and far."""
    phrases = [repeating(source.randint(3, 400), 9, seed) for seed in range(40)]
    while True:
        size = source.choice([20, 60, 200, 2_000, 20_000])
        text = " ".join(source.choice(phrases) for _ in range(size // 100 + 1))
        yield text[:source.randint(1, size)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_broadcasts_among_replies_inflate_on_every_connection(deflate_takeover, seed):
    source = random.Random(seed)
    text = texts(source)
    async with AsyncExitStack() as stack:
        members = await joined(stack, deflate_takeover, AGREEMENTS)
        broadcasts = 0
        while broadcasts < 300:
            sender = source.choice(members)
            events = [(source.choice(["broadcast", "echo"]), next(text)) for _ in range(source.randint(1, 8))]
            await sender.send(*events)
            for member in members:
                for event in events:
                    if member is sender or event[0] == "broadcast":
                        await member.expect(*event)
            broadcasts += sum(name == "broadcast" for name, _ in events)


async def test_a_broadcast_is_the_same_bytes_to_all_of_a_window(deflate_takeover):
    text = texts(random.Random(3))
    async with AsyncExitStack() as stack:
        members = await joined(stack, deflate_takeover, AGREEMENTS)
        distinct = set()
        for number in range(100):
            # Different histories first: each has said and heard something else.
            for member in members:
                reply = next(text)
                await member.send(("echo", reply))
                await member.expect("echo", reply)
            shared = next(text)
            await members[number % len(members)].send(("broadcast", shared))
            payloads = [(member.window or 0, await member.expect("broadcast", shared)) for member in members]
            for _, group in itertools.groupby(sorted(payloads), key=lambda item: item[0]):
                assert len({payload for _, payload in group}) == 1
            distinct.add(len({payload for _, payload in payloads}))
        assert max(distinct) == 4, "windows of 9, 10 and 15 bits, and no compression"


@pytest.mark.parametrize("event", ["echo", "broadcast"])
async def test_compression_begins_at_the_threshold(deflate_takeover, event):
    async with AsyncExitStack() as stack:
        member, = await joined(stack, deflate_takeover, [Parameters()])
        shortest = len(f'42["{event}",""]')
        for length in range(shortest, THRESHOLD + 20):
            text = "x" * (length - shortest)
            await member.send((event, text))
            await member.expect(event, text)
