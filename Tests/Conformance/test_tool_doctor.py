# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""`martlet doctor` before servers and proxies that are well, and that are not: a line for each check."""

import contextlib
import http.server
import threading

import pytest
import socketio
from aiohttp import web

from harness.middlemen import (
    CollectingStreams, DelayingStreams, Middleman, RefusingUpgrades, TakingTurns, WithoutUpgradeFields,
    fixed_answer,
)
from harness.options import LISTED_ORIGINS
from harness.server_process import Endpoint
from harness.tool import COLOUR
from test_tool import ENGINE_3

ALL = ["server", "polling", "sse", "websocket", "upgrade", "lossless", "switching"]


async def examine(tool, server, *options):
    """The exit code, and what was found: the verdict and the sentence of each check, in order."""
    result = await tool.run("doctor", server if isinstance(server, str) else server.url, *options)
    assert result.errors == ""
    lines = [line.split(maxsplit=2) for line in result.output.splitlines()]
    return result.code, [(check, verdict, text) for verdict, check, text in lines]


def verdicts(findings):
    return {check: verdict for check, verdict, _ in findings}


def sentence(findings, wanted):
    return next(text for check, _, text in findings if check == wanted)


async def test_a_server_that_is_well(tool, plain):
    code, findings = await examine(tool, plain)
    assert code == 0 and verdicts(findings) == dict.fromkeys(ALL, "ok")
    assert [check for check, *_ in findings] == ALL
    assert "a ping every 25 s, with 20 s for the answer; messages up to 1,000,000 bytes" in findings[0][2]
    assert "messages are not compressed" in sentence(findings, "websocket")
    assert "from polling to sse to websocket to polling" in sentence(findings, "switching")


async def test_it_leaves_no_session(tool, servers):
    server = servers.start_own([])
    try:
        await examine(tool, server, "--origin", server.url)
        stats = server.stats()
        assert stats["sockets"] == 0 and stats["sessions"] == 0
    finally:
        server.stop()


async def test_one_transport_by_itself(tool, plain):
    code, findings = await examine(tool, plain, "--transport", "sse")
    assert code == 0 and verdicts(findings) == {"server": "ok", "sse": "ok", "lossless": "ok"}


async def test_a_terminal_gets_whole_words(tool, plain):
    async with tool.on_terminal("doctor", plain.url, "--transport", "websocket", columns=60) as terminal:
        await terminal.expect("no message")
        lines = COLOUR.sub("", terminal.output).split("\r\n")
    assert max(map(len, lines)) <= 60
    assert lines[0] == "ok       server      It speaks Engine.IO 4: a ping every 25"
    assert lines[1] == "                     s, with 20 s for the answer; messages"


async def test_compression(tool, deflate):
    _, findings = await examine(tool, deflate)
    assert "messages are compressed" in sentence(findings, "websocket")


async def test_transports_that_the_server_does_not_offer(tool, websocket_only, no_sse):
    code, findings = await examine(tool, websocket_only)
    assert code == 0
    assert verdicts(findings) == {
        "server": "ok", "polling": "warning", "sse": "warning", "websocket": "ok", "lossless": "ok"}
    code, findings = await examine(tool, no_sse)
    assert code == 0 and verdicts(findings)["sse"] == "warning"
    assert "long polling is left" in sentence(findings, "sse")


async def test_a_server_of_python_socketio(tool):
    server = socketio.AsyncServer(async_mode="aiohttp")
    application = web.Application()
    server.attach(application)
    # Otherwise a GET that nobody waits for any more is kept until its ping would have come.
    runner = web.AppRunner(application, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        code, findings = await examine(tool, Endpoint("127.0.0.1", site._server.sockets[0].getsockname()[1]))
    finally:
        await runner.cleanup()
    assert code == 0, findings
    assert verdicts(findings) == {
        "server": "ok", "polling": "ok", "sse": "warning", "websocket": "ok", "upgrade": "ok", "lossless": "warning"}
    assert "grants no lossless session" in sentence(findings, "lossless")


class TestServersThatAreNone:
    async def test_nobody_listens(self, tool, unused_port):
        code, findings = await examine(tool, f"http://127.0.0.1:{unused_port}")
        assert code == 1 and verdicts(findings) == {"server": "failed"}
        assert "nobody listens there" in findings[0][2]

    async def test_a_web_server(self, tool, tmp_path):
        with web_server(tmp_path) as server:
            code, findings = await examine(tool, server)
        assert code == 1 and verdicts(findings) == {"server": "failed"}
        assert "Nothing is at /socket.io/" in findings[0][2] and "--path" in findings[0][2]

    async def test_a_page_at_every_path(self, tool, tmp_path):
        (tmp_path / "socket.io").mkdir()
        (tmp_path / "socket.io" / "index.html").write_text("<p>Hello")
        with web_server(tmp_path) as server:
            code, findings = await examine(tool, server)
        assert code == 1
        assert "is no Socket.IO server (text/html): --path names" in findings[0][2]

    async def test_another_version(self, tool):
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ENGINE_3)}\r\n\r\n{ENGINE_3}"
        async with fixed_answer(answer) as server:
            code, findings = await examine(tool, server)
        assert code == 1 and "It speaks Engine.IO 3, which is Socket.IO 2" in findings[0][2]

    async def test_an_unknown_certificate(self, tool, secure):
        server, certificate = secure
        url = f"https://localhost:{server.port}"
        code, findings = await examine(tool, url)
        assert code == 1 and verdicts(findings) == {"server": "failed"}
        assert "its certificate is not trusted" in findings[0][2] and "--ca" in findings[0][2]
        code, findings = await examine(tool, url, "--ca", certificate)
        assert code == 0 and verdicts(findings) == dict.fromkeys(ALL, "ok")


class TestProxies:
    async def test_one_that_does_no_harm(self, tool, plain):
        async with Middleman(plain) as proxy:
            code, findings = await examine(tool, proxy)
        assert code == 0 and verdicts(findings) == dict.fromkeys(ALL, "ok")

    @pytest.mark.parametrize("proxy, status", [(RefusingUpgrades, 403), (WithoutUpgradeFields, 400)])
    async def test_one_that_refuses_upgrades(self, tool, plain, proxy, status):
        async with proxy(plain) as proxy:
            code, findings = await examine(tool, proxy)
        assert code == 1
        assert verdicts(findings) == {
            "server": "ok", "polling": "ok", "sse": "ok", "websocket": "failed", "lossless": "ok", "switching": "ok"}
        text = sentence(findings, "websocket")
        assert f"The upgrade was answered with the status {status} while polling works" in text
        assert "pass the fields Upgrade and Connection on" in text

    async def test_one_that_gives_each_connection_to_another_server(self, tool, plain, abused):
        async with TakingTurns(plain, abused) as proxy:
            code, findings = await examine(tool, proxy)
        assert code == 1
        assert verdicts(findings) == {
            "server": "ok", "polling": "failed", "sse": "failed", "websocket": "ok", "lossless": "ok"}
        for name in ("polling", "sse"):
            text = sentence(findings, name)
            assert "a server that does not know the session" in text and "sticky sessions" in text

    async def test_one_that_collects_streams(self, tool, plain):
        async with CollectingStreams(plain) as proxy:
            code, findings = await examine(tool, proxy, "--timeout", 1)
        assert code == 1
        assert {check for check, verdict, _ in findings if verdict == "failed"} == {"sse"}
        text = sentence(findings, "sse")
        assert "Nothing of the stream came in time while polling works" in text and "proxy_buffering off" in text

    async def test_one_that_delays_streams(self, tool, plain):
        async with DelayingStreams(plain) as proxy:
            code, findings = await examine(tool, proxy)
        assert code == 0
        assert {check for check, verdict, _ in findings if verdict == "warning"} == {"sse"}
        assert "something collects the stream before it passes it on" in sentence(findings, "sse")

    async def test_one_that_cuts_what_is_idle(self, tool, proxies, plain):
        code, findings = await examine(tool, proxies("haproxy_impatient", plain), "--idle", 3)
        assert code == 1
        cuts = [text for check, verdict, text in findings if (check, verdict) == ("idle", "failed")]
        assert [text.split(":")[0] for text in cuts] == ["polling", "sse", "websocket"]
        for text in cuts:
            assert "without traffic" in text and "Let the server ping more often" in text

    async def test_none_that_cuts(self, tool, plain):
        code, findings = await examine(tool, plain, "--idle", 1)
        idle = [(verdict, text) for check, verdict, text in findings if check == "idle"]
        assert code == 0 and [verdict for verdict, _ in idle] == ["ok"] * 3
        assert all("not cut within 1 s" in text for _, text in idle)

    async def test_idle_wants_a_namespace(self, tool, plain):
        code, findings = await examine(tool, plain.url + "/guarded", "--idle", 1)
        idle = [(verdict, text) for check, verdict, text in findings if check == "idle"]
        assert code == 0 and [verdict for verdict, _ in idle] == ["warning"] * 3
        assert all("the server refuses the namespace" in text for _, text in idle)


class TestOrigins:
    async def test_one_that_may_connect(self, tool, listed_origins):
        code, findings = await examine(tool, listed_origins, "--origin", LISTED_ORIGINS[0])
        assert code == 0 and verdicts(findings)["cors"] == "ok"
        code, findings = await examine(tool, listed_origins, "--origin", listed_origins.url)
        assert code == 0 and verdicts(findings)["cors"] == "ok"

    @pytest.mark.parametrize("options", [[], ["--transport", "websocket"]])
    async def test_one_that_may_not(self, tool, listed_origins, options):
        code, findings = await examine(tool, listed_origins, "--origin", "https://evil.example", *options)
        assert code == 1 and verdicts(findings)["cors"] == "failed"
        text = sentence(findings, "cors")
        assert "A page of https://evil.example may not connect" in text and "Allow the origin" in text


@contextlib.contextmanager
def web_server(folder):
    """A server of files."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Endpoint(*server.server_address)
        finally:
            server.shutdown()
            thread.join()
