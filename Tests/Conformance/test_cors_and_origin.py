# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""Who may ask: CORS with its preflight, and the Origin check on WebSocket and POST (Protocol.md 1 and 5)."""

import pytest

from harness.engine_session import ENGINE, SOCKET, PollingSession, SSESession, WebSocketSession
from harness.http_client import assert_error, request
from harness.options import LISTED_ORIGINS
from harness.timing import within
from harness.websocket_wire import HandshakeRefused, RawWebSocket

ONE, TWO = LISTED_ORIGINS
FOREIGN = ["http://evil.example", "https://one.example", "http://one.example:81", "http://one.example.evil.example",
           "http://sub.one.example", "https://two.example", "null", "file://", "one.example", "http://"]
BOTH_PATHS = pytest.mark.parametrize("path", [ENGINE, SOCKET])


def preflight_headers(origin, method="POST", headers="content-type"):
    return [("Origin", origin), ("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", headers)]


def words(response, name):
    """The members of a list-valued header, however many lines it was sent in."""
    return {word.strip().lower() for value in response.all(name) for word in value.split(",")}


def assert_allowed(response, origin):
    allowed = response.header("Access-Control-Allow-Origin")
    credentials = response.header("Access-Control-Allow-Credentials")
    assert allowed in (origin, "*")
    if allowed == "*":
        assert credentials is None, "never * together with credentials"
    else:
        assert "origin" in words(response, "Vary"), "an answer that depends on Origin says so"
        assert credentials in (None, "true")


def assert_not_allowed(response):
    assert response.header("Access-Control-Allow-Origin") is None
    assert response.header("Access-Control-Allow-Credentials") is None


class TestPreflight:
    @BOTH_PATHS
    @pytest.mark.parametrize("origin", LISTED_ORIGINS)
    async def test_a_listed_origin_is_answered_204_with_everything_a_browser_needs(self, listed_origins, path, origin):
        response = await request(listed_origins, "OPTIONS", f"{path}?EIO=4&transport=polling",
                                 preflight_headers(origin, headers="content-type, x-token"))
        assert (response.status, response.body) == (204, b"")
        assert response.header("Access-Control-Allow-Origin") == origin
        assert_allowed(response, origin)
        assert {"get", "post"} <= words(response, "Access-Control-Allow-Methods")
        assert {"content-type", "x-token"} <= words(response, "Access-Control-Allow-Headers")
        assert int(response.header("Access-Control-Max-Age")) > 0

    @pytest.mark.parametrize("origin", FOREIGN)
    async def test_another_origin_is_not_allowed(self, listed_origins, origin):
        response = await request(listed_origins, "OPTIONS", f"{ENGINE}?EIO=4&transport=polling",
                                 preflight_headers(origin))
        assert_not_allowed(response)

    @BOTH_PATHS
    async def test_any_origin_where_the_star_is_configured(self, official, path):
        response = await request(official, "OPTIONS", f"{path}?EIO=4&transport=polling",
                                 preflight_headers("http://any.example"))
        assert response.status == 204
        assert_allowed(response, "http://any.example")

    async def test_a_preflight_with_a_sid_does_the_session_no_harm(self, listed_origins):
        session = await PollingSession.open(listed_origins, headers=[("Origin", ONE)])
        response = await request(listed_origins, "OPTIONS", session.target(), preflight_headers(ONE))
        assert response.status == 204
        await session.expect_working()

    async def test_without_cors_there_is_no_preflight_and_nothing_is_allowed(self, plain):
        """CVE-2020-28481: the default must not be `*`."""
        response = await request(plain, "OPTIONS", f"{ENGINE}?EIO=4&transport=polling", preflight_headers(ONE))
        assert_error(response, 2, "Bad handshake method")
        assert_not_allowed(response)


class TestAnswers:
    @BOTH_PATHS
    async def test_polling_carries_the_headers_on_every_answer(self, listed_origins, path):
        session = await PollingSession.open(listed_origins, path, headers=[("Origin", TWO)])
        assert_allowed(session.handshake_response, TWO)
        posted = await session.post("40" if path == SOCKET else "4x")
        assert posted.status == 200
        assert_allowed(posted, TWO)
        assert_allowed(await session.get(), TWO)

    async def test_sse_carries_the_headers(self, listed_origins):
        async with await SSESession.open(listed_origins, headers=[("Origin", ONE)]) as session:
            assert_allowed(session.response, ONE)
            assert_allowed(await session.post("4x"), ONE)

    async def test_errors_carry_the_headers_so_that_a_page_can_read_them(self, listed_origins):
        response = await request(listed_origins, "GET", f"{ENGINE}?EIO=4&transport=polling&sid=unknown",
                                 [("Origin", ONE)])
        assert_error(response, 1, "Session ID unknown")
        assert_allowed(response, ONE)

    async def test_an_answer_without_an_origin_still_varies_by_it(self, listed_origins):
        response = await request(listed_origins, "GET", f"{ENGINE}?EIO=4&transport=polling")
        assert "origin" in words(response, "Vary"), "a cache must not hand this answer to a listed origin"

    async def test_without_cors_no_answer_allows_anything(self, plain):
        response = await request(plain, "GET", f"{ENGINE}?EIO=4&transport=polling", [("Origin", ONE)])
        assert_not_allowed(response)


class TestOrigin:
    @BOTH_PATHS
    @pytest.mark.parametrize("origin", FOREIGN)
    async def test_a_foreign_origin_is_refused_a_websocket_before_the_upgrade(self, listed_origins, path, origin):
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(listed_origins, f"{path}?EIO=4&transport=websocket", [("Origin", origin)])
        assert_error(refused.value.response, 4, "Forbidden", status=403)

    @pytest.mark.parametrize("origin", ["http://one.example\xe9", "http://one.example\x7f", "\xff"])
    async def test_an_origin_with_characters_that_no_origin_has_is_refused(self, listed_origins, origin):
        """The reference server has 400 code 3 for them."""
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(listed_origins, f"{ENGINE}?EIO=4&transport=websocket", [("Origin", origin)])
        assert refused.value.response.status in (400, 403)

    @pytest.mark.parametrize("transport", [PollingSession, SSESession])
    @pytest.mark.parametrize("origin", FOREIGN)
    async def test_a_foreign_origin_is_refused_a_post_and_the_session_stays(self, listed_origins, transport, origin):
        async with await transport.open(listed_origins) as session:
            response = await session.post("4evil", [("Origin", origin)])
            assert_error(response, 4, "Forbidden", status=403)
            await session.expect_working()

    @pytest.mark.parametrize("origin", LISTED_ORIGINS)
    async def test_a_listed_origin_gets_a_websocket_and_may_post(self, listed_origins, origin):
        async with await WebSocketSession.open(listed_origins, headers=[("Origin", origin)]) as session:
            await session.expect_working()
        session = await PollingSession.open(listed_origins, headers=[("Origin", origin)])
        await session.expect_working()

    async def test_any_origin_gets_a_websocket_where_the_star_is_configured(self, official):
        async with await WebSocketSession.open(official, headers=[("Origin", "http://any.example")]) as session:
            await session.expect_working()

    @pytest.mark.parametrize("host, origin", [
        ("{authority}", "http://{authority}"),
        ("example.com", "http://example.com"),
        ("example.com", "https://example.com"),
        ("example.com:8080", "http://example.com:8080"),
        ("example.com", "http://example.com:8080"),   # nginx's $host dropped the port
        ("EXAMPLE.com", "http://example.COM"),
        ("[::1]:3000", "http://[::1]:3000"),
    ])
    async def test_the_same_origin_gets_a_websocket_and_may_post(self, plain, host, origin):
        host, origin = (text.format(authority=plain.authority) for text in (host, origin))
        headers = [("Host", host), ("Origin", origin)]
        async with await WebSocketSession.open(plain, headers=headers) as session:
            await session.expect_working()
        session = await PollingSession.open(plain, headers=headers)
        await session.expect_working()

    @pytest.mark.parametrize("host, origin", [
        ("example.com:8080", "http://example.com:8081"),
        ("example.com", "http://example.com.evil"),
        ("example.com", "http://evil.example"),
        ("example.com", "http://example.com@evil.example"),
        ("example.com", "http://evil.example/example.com"),
        ("example.com", "null"),
        ("[::1]:3000", "http://[::2]:3000"),
    ])
    async def test_another_origin_is_refused_without_cors(self, plain, host, origin):
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(plain, f"{ENGINE}?EIO=4&transport=websocket", [("Host", host), ("Origin", origin)])
        assert_error(refused.value.response, 4, "Forbidden", status=403)
        session = await PollingSession.open(plain)
        refused = await session.post("4evil", [("Host", host), ("Origin", origin)])
        assert_error(refused, 4, "Forbidden", status=403)
        await session.expect_working()

    async def test_no_origin_at_all_is_no_browser_and_is_served(self, listed_origins):
        async with await WebSocketSession.open(listed_origins) as session:
            await session.expect_working()

    async def test_a_refused_upgrade_of_a_session_leaves_it_alone(self, listed_origins):
        session = await PollingSession.open(listed_origins, headers=[("Origin", ONE)])
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(listed_origins, session.target().replace("=polling", "=websocket"),
                                    [("Origin", "http://evil.example")])
        assert_error(refused.value.response, 4, "Forbidden", status=403)
        await session.expect_working()


class TestAnswersAreWhatTheySay:
    """A page cannot be made to run, or a cache to keep, what the server says."""

    @pytest.mark.parametrize("path", [ENGINE, SOCKET])
    async def test_every_kind_of_answer_says_nosniff_and_no_store(self, plain, path):
        session = await PollingSession.open(plain, path)
        waiting = await session.start_get()
        answers = [
            session.handshake_response,
            await session.post(b"3"),
            await request(plain, "GET", f"{path}?EIO=4&transport=polling&sid=unknown"),
            await request(plain, "GET", f"{path}?EIO=4&transport=pigeon"),
            await request(plain, "POST", f"{path}?EIO=4&transport=polling"),
            await request(plain, "GET", f"{path}?EIO=4&transport=polling", [("Origin", "http://evil.example")]),
            await request(plain, "GET", "/healthz"),
        ]
        await session.post(b"1")
        answers.append(await within(waiting.read_response()))
        async with await SSESession.open(plain, path) as stream:
            answers.append(stream.response)
        for answer in answers:
            assert answer.header("X-Content-Type-Options") == "nosniff", answer
            assert "no-store" in answer.header("Cache-Control"), answer

    async def test_a_file_of_the_client_may_be_kept(self, plain):
        response = await request(plain, "GET", f"{SOCKET}martlet.min.js")
        assert response.header("X-Content-Type-Options") == "nosniff"
        assert "no-store" not in response.header("Cache-Control")
