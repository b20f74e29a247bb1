# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The command-line tool: its help, what it prints at a terminal and in a pipe, what it sends, and its messages."""

import asyncio
import re
import signal

import pytest
import socketio
import websockets

from harness.middlemen import fixed_answer
from harness.timing import eventually, seconds, within
from harness.tool import END_OF_INPUT, INTERRUPT

CONNECTED = r"\d\d:\d\d:\d\d\.\d{3}  connected  (\w+) +id \S+, a (\w+) session"
ENGINE_3 = '96:0{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":5000}2:40'


@pytest.mark.parametrize("command", ["connect", "emit", "bench", "doctor"])
async def test_help_has_an_example(tool, command):
    result = await tool.run(command, "--help")
    assert result.code == 0
    assert f"For example:\n  martlet {command} http" in result.output
    assert "USAGE: martlet " + command in result.output


async def test_help_names_the_commands(tool):
    result = await tool.run("--help")
    assert result.code == 0
    for command in ("connect", "emit", "bench", "doctor"):
        assert re.search(rf"^  {command} ", result.output, re.MULTILINE)


class TestConnect:
    async def test_events_come_and_go(self, tool, plain):
        async with tool.on_terminal("connect", plain.url, "--auth", '{"a": 1}') as terminal:
            match = await terminal.expect(CONNECTED)
            assert match.groups() == ("websocket", "lossless")
            await terminal.expect(r'event      websocket  auth \{"a": ?1\}\r\n')
            terminal.type('message "é" {"b": [1, 2]}  null\n')
            await terminal.expect(r'event      websocket  message-back "é" \{"b": \[1, 2\]\} null\r\n')
            terminal.type("sum? 1 2 -6\n")
            await terminal.expect(r"answer     websocket  sum -3  \(after [\d.]+ ms\)\r\n")
            terminal.type("ask 5\n")
            await terminal.expect(r"event      websocket  question 5  \(asks for an answer\)\r\n")
            terminal.type('sum? "x"\n')
            await terminal.expect("error      websocket  The server's handler failed: Internal error")
            terminal.type(END_OF_INPUT)
            assert await terminal.ended() == 0

    async def test_it_leaves_when_interrupted(self, tool, own_server):
        async with tool.on_terminal("connect", own_server.url) as terminal:
            await terminal.expect(CONNECTED)
            assert own_server.stats()["sockets"] == 1
            terminal.type(INTERRUPT)
            assert await terminal.ended() == 0
        await eventually(lambda: own_server.stats()["sockets"] == 0, "the socket is gone")

    @pytest.mark.parametrize("transport", ["websocket", "sse", "polling"])
    async def test_each_transport(self, tool, plain, transport):
        async with tool.on_terminal("connect", plain.url, "--transport", transport) as terminal:
            assert (await terminal.expect(CONNECTED))[1] == transport
            terminal.type("echo 1\n")
            await terminal.expect(rf"event      {transport} +echo 1\r\n")
            terminal.type(END_OF_INPUT)
            assert await terminal.ended() == 0

    @pytest.mark.parametrize("line, message", [
        ("echo [1", "The line ends within a text, an array or an object."),
        ("echo hello", "'hello' is not JSON. A text stands in quotes"),
        ("disconnect 1", "'disconnect' cannot be sent"),
    ])
    async def test_a_line_that_is_wrong(self, tool, plain, line, message):
        async with tool.on_terminal("connect", plain.url) as terminal:
            await terminal.expect(CONNECTED)
            terminal.type(line + "\n")
            await terminal.expect(f"error      websocket  {re.escape(message)}")
            terminal.type("echo 1\n")
            await terminal.expect("event      websocket  echo 1\r\n")

    async def test_lines_of_a_pipe_are_answered_before_it_leaves(self, tool, plain):
        result = await tool.run("connect", plain.url, text='\n"sum"? 1 2\nsum? 3 4')
        assert (result.code, result.errors) == (0, "")
        assert re.search(r"answer     websocket  sum 3  ", result.output)
        assert re.search(r"answer     websocket  sum 7  ", result.output)
        assert "\x1b" not in result.output

    async def test_colours_are_for_terminals(self, tool, plain):
        for env, has_colours in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            async with tool.on_terminal("connect", plain.url, env=env) as terminal:
                await terminal.expect(CONNECTED)
                assert ("\x1b[" in terminal.output) == has_colours

    async def test_a_peer_cannot_steer_the_terminal(self, tool, plain):
        async with tool.on_terminal("connect", plain.url) as terminal:
            await terminal.expect(CONNECTED)
            terminal.type('join? "tool"\n')
            await terminal.expect("answer     websocket  join 1")
            async with socketio.AsyncSimpleClient() as client:
                await client.connect(plain.url, transports=["websocket"])
                await client.emit("to-room", ("tool", "\x1b[2Jx\x9b31m", 1))
                await terminal.expect(r"event      websocket  \\u\{1b\}\[2Jx\\u\{9b\}31m 1\r\n")
            assert "\x1b[2J" not in terminal.output

    async def test_a_server_that_restarts(self, tool, servers):
        server = servers.start_own([])
        try:
            async with tool.on_terminal("connect", server.url) as terminal:
                await terminal.expect(CONNECTED)
                await asyncio.to_thread(server.stop, signal.SIGKILL)
                await terminal.expect("lost       .*looks for another")
                server = servers.start_own([], server.port)
                await terminal.expect("lost|failed")
                await terminal.expect("Reconnecting", seconds(20))
                await terminal.expect(CONNECTED, seconds(20))
                terminal.type("echo 1\n")
                await terminal.expect("event      websocket  echo 1\r\n")
        finally:
            server.stop()

    async def test_the_server_disconnects_it(self, tool, plain):
        async with tool.on_terminal("connect", plain.url) as terminal:
            await terminal.expect(CONNECTED)
            terminal.type("disconnect-me\n")
            await terminal.expect("Error: The server has disconnected the socket.")
            assert await terminal.ended() == 1


class TestEmit:
    async def test_an_event_and_its_answer(self, tool, plain):
        result = await tool.run("emit", plain.url, "sum", "1.5", "-3", "--ack")
        assert result == (0, "-1.5\n", "")

    async def test_all_values_of_an_answer(self, tool, plain):
        result = await tool.run("emit", "--ack", plain.url, "message-with-ack", '"a b"', '{"c":[null]}', "--timeout", 5)
        assert result == (0, '"a b" {"c":[null]}\n', "")

    @pytest.mark.parametrize("transport", ["websocket", "sse", "polling"])
    async def test_without_an_answer_it_arrives(self, tool, plain, transport):
        async with socketio.AsyncSimpleClient() as client:
            await client.connect(plain.url, transports=["websocket"])
            assert await within(client.receive()) == ["auth", {}]
            result = await tool.run("emit", plain.url, "broadcast", '{"x":1}', "--transport", transport)
            assert result == (0, "", "")
            assert await within(client.receive()) == ["broadcast", {"x": 1}]

    async def test_credentials_and_fields(self, tool, plain):
        result = await tool.run("emit", plain.url + "/guarded", "message-with-ack", 1, "--ack", "--auth",
                                '{"token":"secret"}', "--header", "X-Test: 1")
        assert result == (0, "1\n", "")


def assert_message(result, code, *parts):
    """One message on the standard error, without names of the program's inside."""
    assert result.code == code, result
    assert result.errors.startswith("Error: ")
    for part in parts:
        assert part in result.errors
    assert not re.search(r"NIO|Swift|\w+Error\b|errno|\(\w+: ", result.errors), result.errors


class TestMessages:
    """Each says what happened, and what to do."""

    async def test_nobody_listens(self, tool, unused_port):
        result = await tool.run("emit", f"http://127.0.0.1:{unused_port}", "a")
        assert_message(result, 1, "nobody listens there: does the server run, and is the port right?")

    async def test_the_name_is_unknown(self, tool):
        result = await tool.run("emit", "http://nowhere.invalid", "a")
        assert_message(result, 1, "The name nowhere.invalid has no address: is it right?")

    @pytest.mark.parametrize("transport", ["websocket", "sse", "polling"])
    async def test_the_path_is_wrong(self, tool, plain, transport):
        result = await tool.run("emit", plain.url, "a", "--path", "/x", "--transport", transport)
        assert_message(result, 1, "Nothing is at /x/", "--path names the place where Socket.IO is mounted")

    @pytest.mark.parametrize("options", [[], ["--transport", "polling"]])
    async def test_the_version_is_wrong(self, tool, options):
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ENGINE_3)}\r\nContent-Type: text/plain\r\n\r\n{ENGINE_3}"
        async with fixed_answer(answer) as server:
            assert_message(await tool.run("emit", server.url, "a", *options), 1, "Socket.IO 3 or later?")

    async def test_a_server_of_socket_io_2_speaks_websocket(self, tool):
        """Its greeting could be that of a later one, but it lets clients in unasked, and says no id."""
        async def greet(connection):
            await connection.send(ENGINE_3[ENGINE_3.index("0"):-4])
            await connection.send("40")
            await connection.wait_closed()

        async with websockets.serve(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            result = await tool.run("emit", f"http://127.0.0.1:{port}", "a", "--timeout", 0.5)
        assert_message(result, 1, "does not answer the request to join the namespace: is it Socket.IO 3 or later?")

    async def test_the_client_is_too_new(self, tool):
        answer = '{"code":5,"message":"Unsupported protocol version"}'
        async with fixed_answer(f"HTTP/1.1 400 Bad Request\r\nContent-Length: {len(answer)}\r\n\r\n{answer}") as server:
            result = await tool.run("emit", server.url, "a")
            assert_message(result, 1, "Unsupported protocol version", "Engine.IO 4: that is Socket.IO 3 and later")

    @pytest.mark.parametrize("options", [[], ["--transport", "websocket"], ["--transport", "polling"]])
    async def test_the_server_says_nothing(self, tool, options):
        async with fixed_answer("") as server:
            result = await tool.run("emit", server.url, "a", "--timeout", 0.5, *options)
            assert_message(result, 1, "No session could be opened in time", "'martlet doctor' tries each transport")

    async def test_the_server_is_no_web_server(self, tool):
        async with fixed_answer("220 mail.example.com ESMTP\r\n\r\n") as server:
            assert_message(await tool.run("emit", server.url, "a"), 1, "is this the port of a web server")

    async def test_the_certificate_is_unknown(self, tool, secure):
        server, certificate = secure
        url = f"https://localhost:{server.port}"
        result = await tool.run("emit", url, "a")
        assert_message(result, 1, "its certificate is not trusted", "--ca FILE trusts an authority of your own")
        for options in (["--ca", certificate], ["--insecure"]):
            assert await tool.run("emit", url, "sum", 1, 2, "--ack", *options) == (0, "3\n", "")

    async def test_the_file_of_certificates_is_none(self, tool, secure):
        for file in ("/nowhere", __file__):
            result = await tool.run("emit", f"https://localhost:{secure[0].port}", "a", "--ca", file)
            assert_message(result, 1, f"--ca: {file} cannot be read as a file of certificates (PEM).")

    async def test_the_certificate_is_for_another_name(self, tool, secure):
        server, certificate = secure
        result = await tool.run("emit", f"https://127.0.0.1:{server.port}", "a", "--ca", certificate)
        assert_message(result, 1, "its certificate is not for the name 127.0.0.1")

    async def test_there_is_no_tls(self, tool, plain):
        result = await tool.run("emit", plain.authority, "a")
        assert_message(result, 1, "speaks no TLS: is the address http:// instead of https://?")

    async def test_there_is_tls(self, tool, secure):
        result = await tool.run("emit", f"http://localhost:{secure[0].port}", "a")
        assert_message(result, 1, "TLS")

    async def test_the_server_refuses(self, tool, plain):
        result = await tool.run("emit", plain.url + "/guarded", "a")
        assert_message(result, 1, 'The server refuses the connection: Not authorized {"code":"E_AUTH"}', "--auth")

    async def test_the_namespace_is_unknown(self, tool, plain):
        result = await tool.run("emit", plain.url + "/nowhere", "a")
        assert_message(result, 1, "Invalid namespace", "--namespace", "--path")

    async def test_no_answer_comes(self, tool, plain):
        result = await tool.run("emit", plain.url, "unheard-of", "--ack", "--timeout", 0.5)
        assert_message(result, 1, "No answer came in time: does the server acknowledge this event?")

    async def test_the_handler_fails(self, tool, plain):
        result = await tool.run("emit", plain.url, "sum", '"x"', "--ack")
        assert_message(result, 1, "The server's handler failed: Internal error")

    @pytest.mark.parametrize("arguments, message", [
        (["emit", "http://a", "b", "hello"], "'hello' is not JSON"),
        (["emit", "http://a", "b", "--acc"], "'--acc' is not JSON"),
        (["emit", "http://a", "connect"], "'connect' cannot be sent"),
        (["emit", "ftp://a", "b"], "its scheme is ftp: use https, http, wss or ws"),
        (["emit", "http://a", "b", "--auth", "1"], "the authentication data is an object"),
        (["emit", "http://a", "b", "--header", "x"], "--header"),
        (["emit", "http://a", "b", "--transport", "tcp"], "There is no transport 'tcp'"),
        (["emit", "http://a", "b", "--timeout", "0"], "--timeout"),
        (["bench", "http://a", "--connections", "0"], "--connections"),
        (["doctor", "http://a", "--idle", "0"], "--idle"),
        (["connect"], "Missing expected argument"),
    ])
    async def test_the_command_is_wrong(self, tool, arguments, message):
        result = await tool.run(*arguments)
        assert_message(result, 64, message, "Usage: martlet " + arguments[0])

    async def test_connect_says_it_too(self, tool, unused_port, plain):
        for url, message in ((f"http://127.0.0.1:{unused_port}", "nobody listens there"),
                             (plain.url + "/guarded", "Not authorized")):
            async with tool.on_terminal("connect", url) as terminal:
                await terminal.expect(f"Error: .*{message}")
                assert await terminal.ended() == 1


class TestBench:
    ROWS = ["connections", "sent", "answered", "answers a second", "p50", "p90", "p99", "p99.9", "max"]

    @pytest.mark.parametrize("transport", ["websocket", "polling"])
    async def test_the_table_at_the_end(self, tool, plain, transport):
        result = await tool.run("bench", plain.url, "--transport", transport, "--connections", 5, "--rate", 200,
                                "--duration", 1.5, "--payload", 100)
        assert result.code == 0
        rows = dict(re.split(r" {2,}", line) for line in result.output.splitlines())
        assert list(rows) == self.ROWS
        assert rows["connections"] == "5" and rows["sent"] == rows["answered"] == "300"
        assert all(rows[name].endswith(" ms") for name in self.ROWS[4:])
        times = [float(rows[name].removesuffix(" ms")) for name in self.ROWS[4:]]
        assert times == sorted(times) and times[0] > 0
        progress = r"^1 s: 5 connected, \d+ sent, \d+ answered, 0 failed, p50 [\d.]+ ms$"
        assert re.search(progress, result.errors, re.MULTILINE)

    async def test_what_fails_is_counted(self, tool, plain):
        result = await tool.run("bench", plain.url + "/guarded", "--connections", 3, "--duration", 1)
        assert result.code == 1
        assert "not connected     3\n" in result.output
        assert "Error: The server refuses the connection: Not authorized" in result.errors

    async def test_a_server_that_ends(self, tool, servers):
        server = servers.start_own([])
        try:
            options = ["--connections", 4, "--duration", 60, "--timeout", 1]
            async with tool.on_terminal("bench", server.url, *options) as terminal:
                await terminal.expect("1 s: 4 connected")
                server.stop()
                await terminal.expect(r"lost +4\r\n", seconds(20))
                assert await terminal.ended() == 1
        finally:
            server.stop()

    async def test_an_interrupted_measurement_prints_what_there_is(self, tool, plain):
        async with tool.on_terminal("bench", plain.url, "--duration", 600) as terminal:
            await terminal.expect("1 s: 10 connected")
            terminal.type(INTERRUPT)
            await terminal.expect(r"connections +10\r\n(.+\r\n)+max +[\d.]+ ms\r\n")
            assert await terminal.ended() == 0
