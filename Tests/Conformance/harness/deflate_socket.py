# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""permessage-deflate (RFC 7692) by hand: every stream is inflated with exactly the window that was agreed on."""

import random
import string
import zlib
from dataclasses import dataclass

from .timing import within
from .websocket_wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, RawWebSocket, encode_frame

TAIL = b"\x00\x00\xff\xff"


@dataclass(frozen=True)
class Parameters:
    """What was agreed on, or what is offered."""

    server_bits: int = 15
    client_bits: int = 15
    server_no_takeover: bool = False
    client_no_takeover: bool = False

    @property
    def offer(self):
        return "; ".join(["permessage-deflate", f"server_max_window_bits={self.server_bits}",
                          f"client_max_window_bits={self.client_bits}", *self.flags])

    @property
    def flags(self):
        return ["server_no_context_takeover"] * self.server_no_takeover \
            + ["client_no_context_takeover"] * self.client_no_takeover

    @classmethod
    def read(cls, answer):
        """Reads a server's answer. Anything but one well-formed element fails."""
        name, *parameters = [part.strip() for part in answer.split(";")]
        assert name == "permessage-deflate", answer
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        assert len(values) == len(parameters), f"a parameter twice: {answer}"
        agreed = cls(int(values.pop("server_max_window_bits", "15")), int(values.pop("client_max_window_bits", "15")),
                     values.pop("server_no_context_takeover", None) == "",
                     values.pop("client_no_context_takeover", None) == "")
        assert not values, f"unknown or malformed parameters: {answer}"
        return agreed


class StrictInflater:
    """Inflates as a receiver that remembers 2^bits bytes and not one more.

    zlib follows a reference into its output buffer however far back it points, and checks only the rest against the
    window. So output is taken in buffers of 32 bytes, and a window one bit too large is seen.
    """

    STEP = 32

    def __init__(self, bits, no_takeover):
        self.bits = bits
        self.no_takeover = no_takeover
        self.stream = None

    def inflate(self, payload):
        if self.stream is None or self.no_takeover:
            self.stream = zlib.decompressobj(-self.bits)
        pieces, rest = [], payload + TAIL
        while True:
            piece = self.stream.decompress(rest, self.STEP)
            rest = self.stream.unconsumed_tail
            pieces.append(piece)
            if not rest and len(piece) < self.STEP:
                return b"".join(pieces)


class Deflater:
    def __init__(self, bits, no_takeover):
        self.bits = bits
        self.no_takeover = no_takeover
        self.stream = None

    def deflate(self, message):
        if self.stream is None or self.no_takeover:
            # zlib makes no raw deflate for 8 bits: without references any window will do.
            self.stream = zlib.compressobj(9, zlib.DEFLATED, -max(self.bits, 9), 8,
                                           zlib.Z_HUFFMAN_ONLY if self.bits < 9 else zlib.Z_DEFAULT_STRATEGY)
        payload = self.stream.compress(message) + self.stream.flush(zlib.Z_SYNC_FLUSH)
        return payload.removesuffix(TAIL)


class DeflateSocket:
    """A WebSocket that offers compression and compresses all it sends, or, offering nothing, does not."""

    def __init__(self, socket, agreed):
        self.socket = socket
        self.agreed = agreed
        if agreed:
            self.deflater = Deflater(agreed.client_bits, agreed.client_no_takeover)
            self.inflater = StrictInflater(agreed.server_bits, agreed.server_no_takeover)

    @classmethod
    async def open(cls, server, target, offered=Parameters()):
        """Opens with an offer, which must be agreed to in some way; or with None, without compression."""
        headers = [("Sec-WebSocket-Extensions", offered.offer)] if offered else []
        socket = await RawWebSocket.open(server, target, headers)
        answer = socket.response.header("Sec-WebSocket-Extensions")
        assert (answer is None) == (offered is None), f"offered {offered}, answered {answer}"
        if offered is None:
            return cls(socket, None)
        assert "server_max_window_bits=" in answer, "RFC 7692, 7.1.2.1: accepting the parameter is including it"
        return cls(socket, Parameters.read(answer))

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.socket.connection.close()

    async def send(self, *messages):
        """Sends messages in one write."""
        frames = []
        for message in messages:
            opcode, plain = (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)
            frames.append(encode_frame(opcode, self.deflater.deflate(plain), rsv=4) if self.agreed
                          else encode_frame(opcode, plain))
        await self.socket.send_bytes(b"".join(frames))

    async def receive_payload(self):
        """The next message as (text or bytes, the payload as it came, whether that was compressed)."""
        fin, rsv, opcode, payload = await within(self.socket.read_frame(), what="a frame")
        assert fin and opcode in (TEXT, BINARY), (fin, opcode, payload[:60])
        assert rsv in (0, 4) if self.agreed else rsv == 0, f"reserved bits {rsv:03b}"
        plain = self.inflater.inflate(payload) if rsv else payload
        return plain.decode() if opcode == TEXT else plain, payload, rsv == 4

    async def receive(self):
        return (await self.receive_payload())[0]

    async def close_code(self):
        """Reads up to the close frame and answers its code."""
        while True:
            _, _, opcode, payload = await within(self.socket.read_frame(), what="the close frame")
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")
            assert opcode in (TEXT, BINARY, CONTINUATION, PING)


def repeating(size, bits, seed=0):
    """A text that repeats itself farther apart than a window of 2^bits bytes, and nearer than the next larger one.

    Whoever compresses it with a window that is too large refers back to where its receiver remembers nothing.
    """
    block = "".join(random.Random(seed).choices(string.ascii_letters + string.digits, k=5 << bits >> 2))
    return (block * (size // len(block) + 1))[:size]
