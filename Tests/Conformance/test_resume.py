# This source file is part of the Martlet open source project.
# Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
# SPDX-License-Identifier: Apache-2.0

"""The lossless session: PROTOCOL's section 4, clause by clause, over real connections."""

import asyncio
import base64
import json

import pytest

from harness.engine_session import ENGINE, SOCKET, SessionEnded, decode_payload, open_session
from harness.http_client import HTTPConnection, assert_bad_request, assert_error, assert_unknown_session, request
from harness.lossless_session import LosslessSession, ends_without_close_packet, opened_by, packets_of
from harness.options import PING_INTERVAL, PING_TIMEOUT, RESUME_TIMEOUT, UPGRADE_TIMEOUT
from harness.timing import DEADLINE, eventually, within
from harness.websocket_wire import Closed, HandshakeRefused, RawWebSocket

NAMES = ["websocket", "sse", "polling"]
TRANSPORTS = pytest.mark.parametrize("transport", NAMES)
HTTP_TRANSPORTS = pytest.mark.parametrize("transport", ["sse", "polling"])
PAIRS = pytest.mark.parametrize("before,after", [(before, after) for before in NAMES for after in NAMES])
UNKNOWN_SIDS = pytest.mark.parametrize("sid", ["AAAAAAAAAAAAAAAAAAAAAAAA", "nonsense"])


def target(transport, path=ENGINE, **query):
    return path + "?" + "&".join(f"{k}={v}" for k, v in {"EIO": 4, "transport": transport, **query}.items())


async def refusal(server, transport, **query):
    """The HTTP answer to a request that is refused."""
    if transport != "websocket":
        return await request(server, "GET", target(transport, **query))
    with pytest.raises(HandshakeRefused) as refused:
        await RawWebSocket.open(server, target(transport, **query))
    return refused.value.response


# Granting

@TRANSPORTS
async def test_it_is_granted_to_those_who_ask(plain, transport):
    async with await LosslessSession.open(plain, transport) as session:
        assert session.handshake["resume"] == {"timeout": 30000, "buffer": 1048576}
        assert "ack" not in session.handshake and "from" not in session.handshake
        await session.expect_working()


@TRANSPORTS
async def test_others_get_a_plain_session(plain, transport):
    for query in ({}, {"resume": "0"}, {"resume": ""}):
        async with await open_session(plain, transport, query=query) as session:
            assert "resume" not in session.handshake
            assert_bad_request(await refusal(plain, "polling", sid=session.sid, attach=1, ack=0))
            assert_bad_request(await refusal(plain, "websocket", sid=session.sid, attach=1, ack=0))
            await session.expect_working()


async def test_the_classic_probe_is_refused(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        assert_bad_request(await refusal(plain, "websocket", sid=session.sid))
        await session.expect_working()


# Attach

@PAIRS
async def test_a_session_moves_while_its_transport_lives(plain, before, after):
    async with await LosslessSession.open(plain, before) as session:
        await session.send("41", b"\x02", "43")
        await session.expect("41", b"\x02", "43")
        waiting = None
        if before == "polling":
            waiting = await session.channel.start_get()
            await session.channel.expect_quiet_on(waiting)
        old = await session.attach(after)
        assert (session.channel.handshake["ack"], session.channel.handshake["from"]) == (3, 3)
        if waiting:
            async with waiting:
                assert (await within(waiting.read_response())).body == b"6"
        else:
            assert await ends_without_close_packet(old) == (1000 if before == "websocket" else None)
        await session.send("44", "45")
        await session.expect("44", "45")


@PAIRS
async def test_what_was_lost_comes_again(plain, before, after):
    async with await LosslessSession.open(plain, before) as session:
        await session.send("41", "42", "43", b"\x04")
        # Answers that came are lost all the same before the client has read more than two.
        await session.expect("41", "42", "43", b"\x04")
        session.received = 2
        await session.cut()
        await session.attach(after)
        assert session.channel.handshake["from"] == 2
        await session.expect("43", b"\x04")
        await session.expect_working()


@TRANSPORTS
async def test_messages_wait_while_there_is_no_transport(plain, transport):
    async with await LosslessSession.open(plain, "sse") as session:
        await session.expect_working()
        await session.cut()
        # Upwards a lost stream is no obstacle: the session is on sse still.
        response = await session.post("42\x1e43", seq=2)
        assert response.body == b"ok"
        session.sent += ["42", "43"]
        await session.attach(transport)
        assert (session.channel.handshake["ack"], session.channel.handshake["from"]) == (3, 1)
        await session.expect("42", "43")


async def test_a_session_moves_many_times_in_a_row(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        for turn in range(30):
            await session.send(f"4{turn}")
            await session.attach(NAMES[turn % 3])
            await session.expect(f"4{turn}")


@TRANSPORTS
async def test_an_attach_that_is_refused_changes_nothing(plain, transport):
    async with await LosslessSession.open(plain, "sse") as session:
        await session.attach("sse", number=5)
        await session.expect_working()
        for query in ({"attach": 5, "ack": 0}, {"attach": 4, "ack": 0}, {"attach": 0, "ack": 0},
                      {"attach": 6, "ack": 2}, {"attach": 6}, {"attach": "x", "ack": 0}, {"attach": 6, "ack": "-1"},
                      {"attach": 6, "ack": 2**53}):
            assert_bad_request(await refusal(plain, transport, sid=session.sid, **query))
        await session.expect_working()
        await session.attach(transport, number=6)
        await session.expect_working()


async def test_a_websocket_attach_without_an_upgrade_is_refused(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        assert_bad_request(await request(plain, "GET", target("websocket", sid=session.sid, attach=1, ack=0)))
        assert_bad_request(await request(plain, "POST", target("polling", sid=session.sid, attach=1, ack=0), body=b"4x"))
        await session.expect_working()


async def test_a_transport_that_is_not_allowed_is_refused(no_sse):
    async with await LosslessSession.open(no_sse, "polling") as session:
        assert_error(await refusal(no_sse, "sse", sid=session.sid, attach=1, ack=0), 0, "Transport unknown")
        await session.expect_working()


async def test_a_foreign_origin_is_refused(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        with pytest.raises(HandshakeRefused) as refused:
            await RawWebSocket.open(plain, target("websocket", sid=session.sid, attach=1, ack=0),
                                    [("Origin", "http://elsewhere.example")])
        assert refused.value.response.status == 403
        await session.expect_working()


async def test_an_event_may_be_split_by_a_move(plain):
    async with await LosslessSession.open(plain, "websocket", path=SOCKET) as session:
        await session.send("40")
        assert (await session.receive()).startswith('40{"sid":"')
        await session.expect('42["auth",{}]')
        await session.send('451-["echo",{"_placeholder":true,"num":0}]')
        await session.attach("polling")
        await session.send(b"\x01\x02")
        await session.expect('451-["echo",{"_placeholder":true,"num":0}]', b"\x01\x02")


@TRANSPORTS
async def test_a_socket_keeps_its_rooms_and_hears_nothing(plain, transport):
    async with await LosslessSession.open(plain, "websocket", path=SOCKET) as session:
        room = json.dumps(session.sid)
        await session.send("40", f'420["join",{room}]')
        assert (await session.receive()).startswith('40{"sid":"')
        await session.expect('42["auth",{}]', "430[1]")
        await session.cut()
        await session.attach(transport)
        await session.send(f'421["room-size",{room}]', '422["message-with-ack",1]')
        await session.expect("431[1]", "432[1]")


# Requests that arrive late or twice

@HTTP_TRANSPORTS
async def test_a_body_is_taken_once(plain, transport):
    async with await LosslessSession.open(plain, transport) as session:
        for _ in range(3):
            assert (await session.post("41\x1e42", seq=1)).body == b"ok"
        assert (await session.post("42\x1e43\x1e44", seq=2)).body == b"ok"
        session.sent = ["41", "42", "43", "44"]
        await session.expect("41", "42", "43", "44")
        for query in ({"seq": 6}, {"seq": 0}, {"seq": "x"}, {}, {"seq": 5, "ack": 99}):
            assert_bad_request(await session.post("4no", **query))
        assert (await session.post("45", seq=5)).body == b"ok"
        await session.expect("45")


@HTTP_TRANSPORTS
async def test_bodies_may_be_under_way_at_the_same_time(plain, transport):
    async with await LosslessSession.open(plain, transport) as session:
        answers = await asyncio.gather(*[session.post("41\x1e42", seq=1) for _ in range(8)])
        assert all(answer.body == b"ok" for answer in answers)
        await session.expect("41", "42")


@HTTP_TRANSPORTS
async def test_a_body_that_is_cut_counts_for_nothing(plain, transport):
    async with await LosslessSession.open(plain, transport) as session:
        connection = await HTTPConnection.open(plain)
        await connection.send_request(
            "POST", session.channel.target(seq=1, ack=0), [("Content-Length", "100")], b"41\x1e42")
        connection.reset()
        assert (await session.post("4one", seq=1)).body == b"ok"
        session.sent = ["4one"]
        await session.expect("4one")


async def test_a_body_for_a_transport_that_was_left_is_refused(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        await session.attach("sse")
        assert_bad_request(await request(plain, "POST", target("polling", sid=session.sid, seq=1, ack=0), body=b"4x"))
        await session.expect_working()


async def test_a_second_get_takes_the_place_of_the_first(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        async with await session.channel.start_get() as first:
            await session.channel.expect_quiet_on(first)
            async with await session.channel.start_get() as second:
                assert (await within(first.read_response())).body == b"6"
                await session.send("4x")
                assert packets_of(await within(second.read_response())) == ["4x"]


async def test_an_aborted_get_ends_only_itself(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        for _ in range(3):
            (await session.channel.start_get()).reset()
        await session.expect_working()


async def test_an_answer_begins_after_what_the_get_acknowledges(plain):
    async with await LosslessSession.open(plain, "polling") as session:
        await session.send("41", "42", "43")
        for _ in range(3):
            assert packets_of(await session.raw_get(ack=0)) == ["41", "42", "43"]
        assert packets_of(await session.raw_get(ack=2)) == ["43"]
        for ack in (1, 4, "", "x"):
            assert_bad_request(await session.raw_get(ack=ack))
        assert_bad_request(await session.raw_get())
        session.received = 3
        await session.expect_working()


# Acknowledging

async def test_the_server_acknowledges_every_64_messages(plain):
    async with await LosslessSession.open(plain, "websocket") as session:
        await session.send(*["4x"] * 130)
        packets = [await session.receive_packet() for _ in range(132)]
        assert [packet for packet in packets if packet != "4x"] == ["664", "6128"]


async def test_the_server_acknowledges_many_bytes(plain):
    async with await LosslessSession.open(plain, "websocket") as session:
        await session.send("4" + "x" * 65536)
        packets = [await session.receive_packet() for _ in range(2)]
        assert "61" in packets


async def test_the_window_is_the_buffer(plain):
    """Past a buffer of bytes that are not acknowledged the server waits, and goes on when they are."""
    async with await LosslessSession.open(plain, "websocket") as session:
        message = "4" + "x" * 262_144
        for _ in range(6):
            await session.send(message)
        await session.expect(*[message] * 4)
        while packet := await session.channel.peek(0.3):
            assert packet.startswith("6"), "more came than the window holds"
        await session.control("61")
        await session.expect(message)
        await session.control("65")
        await session.expect(message)


@TRANSPORTS
@pytest.mark.parametrize("packet", ["62", "32", "6x", "6-1", "601", f"6{2**53}"])
async def test_an_impossible_acknowledgement_ends_the_session(plain, transport, packet):
    async with await LosslessSession.open(plain, transport) as session:
        await session.expect_working()
        await session.control(packet)
        # A poll that comes afterwards hears the verdict instead.
        with pytest.raises(SessionEnded):
            assert await session.receive_packet() == "1"
            await session.receive_packet()
        assert_unknown_session(await refusal(plain, "polling", sid=session.sid, attach=1, ack=0))


@TRANSPORTS
async def test_pings_acknowledge_and_go_on_after_a_move(official, transport):
    async with await LosslessSession.open(official, transport) as session:
        for after in [transport, *NAMES]:
            await session.attach(after)
            await session.send("4x")
            await session.expect("4x")
            while not (packet := await session.receive_packet()).startswith("2"):
                pass
            assert packet == f"2{len(session.sent)}"
            await session.control(f"3{session.received}")
        await session.expect_working()


# Loss, and the end

@TRANSPORTS
async def test_a_ping_that_is_not_answered_loses_the_transport_only(official, transport):
    async with await LosslessSession.open(official, transport) as session:
        await session.expect_working()
        await asyncio.sleep((PING_INTERVAL + PING_TIMEOUT) * 1.5 / 1000)
        await session.attach("websocket")
        await session.expect_working()


@TRANSPORTS
async def test_a_session_without_a_transport_expires(quick_resume, transport):
    async with await LosslessSession.open(quick_resume, transport) as session:
        await session.expect_working()
        await session.cut()
        await eventually(lambda: request_is_unknown(quick_resume, session.sid), "the session's end")


async def request_is_unknown(server, sid):
    """Whether a session is unknown, asked by an attach that any session refuses."""
    response = await refusal(server, "polling", sid=sid, attach=0, ack=0)
    return json.loads(response.body)["code"] == 1


@TRANSPORTS
async def test_a_session_lives_as_long_as_something_is_open(quick_resume, transport):
    async with await LosslessSession.open(quick_resume, transport) as session:
        pending = asyncio.ensure_future(session.receive(limit=DEADLINE + RESUME_TIMEOUT / 500))
        await asyncio.sleep(RESUME_TIMEOUT * 2 / 1000)
        await session.send("4x")
        assert await pending == "4x"


async def test_an_attach_stops_the_clock(quick_resume):
    async with await LosslessSession.open(quick_resume, "websocket") as session:
        await session.cut()
        await session.attach("sse")
        await asyncio.sleep(RESUME_TIMEOUT * 2 / 1000)
        await session.expect_working()


@TRANSPORTS
async def test_the_close_packet_ends_the_session(plain, transport):
    async with await LosslessSession.open(plain, transport) as session:
        await session.control("1")
        await eventually(lambda: request_is_unknown(plain, session.sid), "the session's end")


async def test_a_close_frame_is_no_end(plain):
    for code in (1000, 1001, 1011, 4001):
        async with await LosslessSession.open(plain, "websocket") as session:
            assert await session.channel.socket.close(code) == Closed(code)
            await session.attach("websocket")
            await session.expect_working()


# Verdicts

@UNKNOWN_SIDS
async def test_an_unknown_session_is_told_as_the_transport_can(plain, sid):
    attach = {"sid": sid, "attach": 1, "ack": 0}
    assert_unknown_session(await request(plain, "GET", target("polling", **attach)))
    async with await RawWebSocket.open(plain, target("websocket", **attach)) as socket:
        assert await socket.wait_closed() == Closed(4001, "Session ID unknown")
    response = await request(plain, "GET", target("sse", **attach))
    assert response.status == 200
    assert response.header("Content-Type") == "text/event-stream"
    assert response.body == b'data: 1{"code":1,"message":"Session ID unknown"}\n\n'


@UNKNOWN_SIDS
async def test_without_attach_an_unknown_session_is_refused_as_ever(plain, sid):
    for transport in NAMES:
        assert_unknown_session(await refusal(plain, transport, sid=sid))
    assert_unknown_session(await request(plain, "POST", target("polling", sid=sid, seq=1, ack=0), body=b"4x"))


# Climbing

async def test_a_trial_is_answered_with_a_noop_and_makes_no_session(quick_upgrade):
    before = quick_upgrade.stats()["sessions"]
    async with await RawWebSocket.open(quick_upgrade, target("websocket", SOCKET, probe=1)) as socket:
        assert await socket.next() == "6"
        async with await HTTPConnection.open(quick_upgrade) as connection:
            await connection.send_request("GET", target("sse", SOCKET, probe=1))
            head = await within(connection.read_head())
            assert (head.status, head.header("Content-Type")) == (200, "text/event-stream")
            assert await within(connection.read_chunk()) == b"data: 6\n\n"
            assert packets_of(await request(quick_upgrade, "GET", target("polling", SOCKET, probe=1))) == ["6"]
            assert quick_upgrade.stats()["sessions"] == before
            # Both are closed after the time that an upgrade may take.
            assert await within(connection.read_chunk(), UPGRADE_TIMEOUT / 1000 + DEADLINE) == b""
        assert await socket.wait_closed(UPGRADE_TIMEOUT / 1000 + DEADLINE) == Closed(1000)


# Text that a transport cannot carry

async def test_any_text_gets_through(plain):
    text = "4a\x1eb\rc\r\nd\ne"
    escaped = "t" + base64.b64encode(text[1:].encode()).decode()
    async with await LosslessSession.open(plain, "websocket") as session:
        await session.send(text)
        await session.expect(text)
        for transport in ("sse", "polling"):
            await session.attach(transport)
            session.sent.append(text)
            assert (await session.post(escaped, seq=len(session.sent))).body == b"ok"
            session.acknowledged = len(session.sent)
            await session.expect(escaped)
        assert_bad_request(await session.post("t====", seq=len(session.sent) + 1))


# Memory

def pipelined_handshakes(count):
    request_line = f"GET {target('polling', SOCKET, resume=1)} HTTP/1.1\r\nHost: a\r\n\r\n"
    return request_line.encode() * count


async def abandon_sessions(server, count):
    """Opens so many sessions that nobody ever asks for again."""
    async def some(part):
        async with await HTTPConnection.open(server) as connection:
            for _ in range(part // 50):
                await connection.send(pipelined_handshakes(50))
                for _ in range(50):
                    opened_by(decode_payload((await within(connection.read_response())).body)[0])
    await asyncio.gather(*[some(count // 8) for _ in range(8)])
    await eventually(lambda: server.stats()["sessions"] == 0, "the end of all abandoned sessions", limit=DEADLINE * 6)


async def test_abandoned_sessions_leave_no_memory(servers, request):
    count = 100_000 if request.config.getoption("--full") else 6_400
    server = servers.start_own(["--resume-timeout", str(RESUME_TIMEOUT)])
    await abandon_sessions(server, count)
    before = server.resident_bytes()
    await abandon_sessions(server, count)
    after = server.resident_bytes()
    server.stop()
    assert after <= before * 1.05, f"{before} bytes before, {after} after"
