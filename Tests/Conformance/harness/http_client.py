# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""HTTP/1.1 at the level of bytes: nothing is normalised, so header values are compared as they were sent."""

import asyncio
import socket
import struct
from dataclasses import dataclass, field

from .timing import DEADLINE, within


@dataclass
class Response:
    status: int
    reason: str
    headers: list
    body: bytes = b""
    version: str = "HTTP/1.1"

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The value of a header that may appear once at most."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} was sent {len(values)} times: {values}"
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()


@dataclass
class HTTPConnection:
    """One TCP connection. `async with await HTTPConnection.open(server) as connection: …`"""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    authority: str
    extra: dict = field(default_factory=dict)

    @classmethod
    async def open(cls, server, receive_buffer=None, limit=2**24):
        if receive_buffer is None:
            reader, writer = await asyncio.open_connection(
                server.host, server.port, limit=limit, local_addr=server.local_address)
        else:
            # Has to be set before connecting, or the window is negotiated without it.
            raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            if server.segment_size:
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, server.segment_size)
            raw.setblocking(False)
            await asyncio.get_running_loop().sock_connect(raw, (server.host, server.port))
            reader, writer = await asyncio.open_connection(sock=raw, limit=receive_buffer)
        return cls(reader, writer, server.authority)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    def close(self):
        self.writer.close()

    def end(self):
        """Says that there is nothing more to come, and goes on reading."""
        self.writer.write_eof()

    def reset(self):
        """Ends the connection with RST instead of FIN."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def head(self, method, target, headers=(), host=None):
        names = {name.lower() for name, _ in headers}
        lines = [f"{method} {target} HTTP/1.1"]
        if "host" not in names:
            lines.append(f"Host: {host or self.authority}")
        lines += [f"{name}: {value}" for name, value in headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def send_request(self, method, target, headers=(), body=None, host=None):
        headers = list(headers)
        if body is not None and not any(name.lower() in ("content-length", "transfer-encoding") for name, _ in headers):
            headers.append(("Content-Length", str(len(body))))
        await self.send(self.head(method, target, headers, host) + (body or b""))

    async def read_head(self):
        raw = await self.reader.readuntil(b"\r\n\r\n")
        lines = raw[:-4].decode("latin-1").split("\r\n")
        version, status, *reason = lines[0].split(" ", 2)
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name and name == name.strip(), f"not a header line: {line!r}"
            headers.append((name, value.strip()))
        return Response(int(status), reason[0] if reason else "", headers, version=version)

    async def read_chunk(self):
        size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
        data = await self.reader.readexactly(size)
        assert await self.reader.readexactly(2) == b"\r\n"
        return data

    async def read_response(self, method="GET"):
        response = await self.read_head()
        if method == "HEAD" or response.status in (101, 204, 304):
            return response
        if response.header("Content-Length") is not None:
            response.body = await self.reader.readexactly(int(response.header("Content-Length")))
        elif (response.header("Transfer-Encoding") or "").lower() == "chunked":
            while chunk := await self.read_chunk():
                response.body += chunk
        else:
            response.body = await self.reader.read()
        return response

    async def request(self, method, target, headers=(), body=None, host=None, limit=DEADLINE):
        await self.send_request(method, target, headers, body, host)
        return await within(self.read_response(method), limit, f"an answer to {method} {target}")

    async def wait_closed(self, limit=DEADLINE):
        """What still came before the peer closed."""
        async def drain():
            received = b""
            try:
                while data := await self.reader.read(65536):
                    received += data
            except ConnectionError:
                pass
            return received
        return await within(drain(), limit, "the end of the connection")


async def request(server, method, target, headers=(), body=None, host=None, limit=DEADLINE):
    """One request on a connection of its own."""
    async with await HTTPConnection.open(server) as connection:
        return await connection.request(method, target, headers, body, host, limit)


def assert_error(response, code, message, status=400):
    """One of Engine.IO's error answers, exact to the byte."""
    assert (response.status, response.text) == (status, f'{{"code":{code},"message":"{message}"}}')
    assert response.header("Content-Type") == "application/json"
    assert response.header("Content-Length") == str(len(response.body))


def assert_unknown_session(response):
    assert_error(response, 1, "Session ID unknown")


def assert_bad_request(response):
    assert_error(response, 3, "Bad request")
