// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import HTTPTypes
import MartletEngine
import NIOCore
import Testing

extension EngineRequest {
    fileprivate static func plain(_ transport: TransportName) -> EngineRequest {
        .handshake(transport, wantsResume: false)
    }
}

struct EngineRequestTests {
    private static let sid = SessionID(shard: 3)
    private static let none = EngineRequest.Counts()

    private static func attach(
        _ transport: TransportName,
        _ number: Int,
        _ acknowledged: Int,
        id: SessionID? = sid
    ) -> EngineRequest {
        .attach(AttachRequest(id: id, transport: transport, number: number, acknowledged: acknowledged))
    }

    /// What a request is made of; by default a handshake on polling.
    struct Case: Sendable, CustomTestStringConvertible {
        var method = HTTPRequest.Method.get
        var query: String
        var upgrade = false
        var originAllowed = true
        var configure: @Sendable (inout EngineIOConfiguration) -> Void = { _ in }

        var testDescription: String { "\(self.method) \(self.query) upgrade: \(self.upgrade)" }

        func classify() throws(EngineIOError) -> EngineRequest {
            var configuration = EngineIOConfiguration()
            self.configure(&configuration)
            return try EngineRequest(
                method: self.method,
                target: "/engine.io/?\(self.query)",
                asksForUpgrade: self.upgrade,
                transports: configuration.transports,
                needsUpgrade: { [.polling: false, .sse: false, .websocket: true][$0] },
                originIsAllowed: { self.originAllowed }
            )
        }
    }

    @Test(
        arguments: [
            (Case(query: "EIO=4&transport=polling"), EngineRequest.plain(.polling)),
            (Case(query: "transport=sse&EIO=4&t=abc"), .plain(.sse)),
            (Case(query: "EIO=4&transport=websocket", upgrade: true), .plain(.websocket)),
            // Empty is as good as missing.
            (Case(query: "EIO=4&transport=polling&sid="), .plain(.polling)),
            // Of two the last one counts.
            (Case(query: "EIO=3&EIO=4&transport=x&transport=polling"), .plain(.polling)),
            (Case(query: "EIO=4&transport=polling&sid=\(sid)"), .receive(sid, .polling, none)),
            (Case(query: "transport=polling&sid=\(sid)"), .receive(sid, .polling, none)),
            (Case(query: "EIO=4&transport=sse&sid=\(sid)"), .receive(sid, .sse, none)),
            (Case(method: .post, query: "EIO=4&transport=polling&sid=\(sid)"), .send(sid, .polling, none)),
            (Case(method: .post, query: "EIO=4&transport=sse&sid=\(sid)"), .send(sid, .sse, none)),
            (Case(query: "EIO=4&transport=websocket&sid=\(sid)", upgrade: true), .probe(sid, .websocket)),
            (Case(query: "EIO=4&transport=sse&resume=1"), .handshake(.sse, wantsResume: true)),
            (Case(query: "EIO=4&transport=sse&resume=0"), .plain(.sse)),
            (Case(query: "EIO=4&transport=sse&probe=1"), .trial(.sse)),
            (Case(query: "EIO=4&transport=websocket&probe=1&resume=1", upgrade: true), .trial(.websocket)),
            (
                Case(query: "transport=polling&sid=\(sid)&ack=9007199254740991"),
                .receive(sid, .polling, .init(acknowledged: 9_007_199_254_740_991))
            ),
            (
                Case(method: .post, query: "transport=sse&sid=\(sid)&seq=3&ack=5"),
                .send(sid, .sse, .init(acknowledged: 5, first: 3))
            ),
            (Case(query: "transport=polling&sid=\(sid)&attach=2&ack=7"), attach(.polling, 2, 7)),
            (Case(query: "transport=websocket&sid=\(sid)&attach=1&ack=0", upgrade: true), attach(.websocket, 1, 0)),
            // What cannot be a session is refused as the transport can tell it.
            (Case(query: "transport=sse&sid=zzz&attach=1&ack=0"), attach(.sse, 1, 0, id: nil)),
        ] as [(Case, EngineRequest)]
    )
    func aGoodRequestIsClassified(request: Case, expected: EngineRequest) throws {
        #expect(try request.classify() == expected)
    }

    private static let onlyWebSocket: @Sendable (inout EngineIOConfiguration) -> Void = { $0.transports = [.websocket] }

    /// What is wrong with them is for the session to say: to a plain one they are nothing.
    @Test(
        arguments: [
            "attach=1", "attach=x&ack=0", "attach=-1&ack=0", "attach=1&ack=9007199254740992", "ack=", "seq=1.5",
        ]
    )
    func countsThatAreNoneAreMarked(query: String) throws {
        let target = "transport=polling&sid=\(Self.sid)&\(query)"
        guard case .receive(_, _, let received) = try Case(query: target).classify(),
            case .send(_, _, let sent) = try Case(method: .post, query: target).classify()
        else {
            Issue.record("something else")
            return
        }
        #expect(received.isMalformed && sent.isMalformed)
    }

    @Test(
        arguments: [
            (Case(query: ""), EngineIOError.unknownTransport),
            (Case(query: "EIO=4"), .unknownTransport),
            (Case(query: "EIO=4&transport=abc"), .unknownTransport),
            (Case(query: "EIO=4&transport=Polling"), .unknownTransport),
            (Case(query: "EIO=4&transport=webtransport"), .unknownTransport),
            (Case(query: "EIO=4&transport=polling", configure: onlyWebSocket), .unknownTransport),
            (Case(method: .post, query: "EIO=4&transport=polling"), .badHandshakeMethod),
            (Case(method: .put, query: "EIO=4&transport=polling"), .badHandshakeMethod),
            (Case(method: .options, query: "EIO=4&transport=polling"), .badHandshakeMethod),
            (Case(method: .head, query: "EIO=4&transport=sse"), .badHandshakeMethod),
            (Case(method: .put, query: "EIO=4&transport=polling&sid=\(sid)"), .badHandshakeMethod),
            (Case(query: "EIO=4&transport=websocket"), .badRequest),
            (Case(query: "EIO=4&transport=polling", upgrade: true), .badRequest),
            (Case(query: "EIO=4&transport=websocket&sid=\(sid)"), .badRequest),
            (Case(method: .post, query: "EIO=4&transport=websocket&sid=\(sid)", upgrade: true), .badRequest),
            (Case(method: .post, query: "transport=polling&sid=\(sid)&attach=1&ack=0"), .badRequest),
            (Case(query: "transport=websocket&sid=\(sid)&attach=1&ack=0"), .badRequest),
            (Case(query: "transport=sse&sid=\(sid)&attach=1&ack=0", upgrade: true), .badRequest),
            (
                Case(query: "transport=polling&sid=\(sid)&attach=1&ack=0", configure: onlyWebSocket),
                .unknownTransport
            ),
            (Case(query: "EIO=4&transport=polling&j=0"), .jsonpUnsupported),
            (Case(method: .post, query: "EIO=4&transport=polling&j=0&sid=\(sid)"), .jsonpUnsupported),
            (Case(query: "EIO=3&transport=polling&j=0"), .unsupportedProtocolVersion),
            (Case(query: "EIO=3&transport=polling"), .unsupportedProtocolVersion),
            (Case(query: "EIO=abc&transport=polling"), .unsupportedProtocolVersion),
            (Case(query: "EIO=&transport=polling"), .unsupportedProtocolVersion),
            (Case(query: "transport=polling"), .unsupportedProtocolVersion),
            (Case(query: "EIO=5&transport=websocket", upgrade: true), .unsupportedProtocolVersion),
            (Case(query: "EIO=4&transport=polling&sid=zzz"), .unknownSession),
            (Case(query: "EIO=4&transport=websocket&sid=zzz", upgrade: true), .unknownSession),
            (Case(method: .post, query: "EIO=4&transport=polling&sid=zzz"), .unknownSession),
            (
                Case(method: .post, query: "transport=polling&sid=\(sid)", originAllowed: false),
                .forbidden(message: nil)
            ),
            (
                Case(query: "EIO=4&transport=websocket", upgrade: true, originAllowed: false),
                .forbidden(message: nil)
            ),
            (Case(query: "EIO=4&transport=polling", originAllowed: false), .forbidden(message: nil)),
            (Case(query: "EIO=4&transport=sse", originAllowed: false), .forbidden(message: nil)),
            (Case(query: "EIO=4&transport=polling&sid=\(sid)", originAllowed: false), .forbidden(message: nil)),
        ] as [(Case, EngineIOError)]
    )
    func aBadRequestIsRefused(request: Case, expected: EngineIOError) {
        #expect(throws: expected) { try request.classify() }
    }

    /// Each of these has every fault of those after it: transport, Origin, session id, method, upgrade, version.
    @Test(
        arguments: [
            (Case(method: .post, query: "EIO=3&transport=x&sid=zzz", originAllowed: false), 0),
            (Case(method: .post, query: "EIO=3&transport=websocket&sid=zzz", originAllowed: false), 4),
            (Case(method: .put, query: "EIO=3&transport=websocket&sid=zzz"), 1),
            (Case(method: .put, query: "EIO=3&transport=websocket"), 2),
            (Case(query: "EIO=3&transport=websocket"), 3),
            (Case(query: "EIO=3&transport=websocket", upgrade: true), 5),
        ] as [(Case, Int)]
    )
    func theFirstFaultIsTold(request: Case, code: Int) {
        let error = #expect(throws: EngineIOError.self) { try request.classify() }
        #expect(error?.code == code)
    }

    @Test(
        arguments: [
            (EngineIOError.unknownTransport, 400, #"{"code":0,"message":"Transport unknown"}"#),
            (.unknownSession, 400, #"{"code":1,"message":"Session ID unknown"}"#),
            (.badHandshakeMethod, 400, #"{"code":2,"message":"Bad handshake method"}"#),
            (.badRequest, 400, #"{"code":3,"message":"Bad request"}"#),
            (.forbidden(message: nil), 403, #"{"code":4,"message":"Forbidden"}"#),
            (.unsupportedProtocolVersion, 400, #"{"code":5,"message":"Unsupported protocol version"}"#),
        ] as [(EngineIOError, Int, String)]
    )
    func anErrorIsAnsweredWithItsCodeAndMessage(error: EngineIOError, status: Int, body: String) {
        let answer = HTTPAnswer.error(error)
        #expect(answer.status.code == status)
        #expect(String(buffer: answer.body) == body)
        #expect(answer.fields[.contentType] == "application/json")
        #expect(answer.fields[.cacheControl] == "no-store")
    }
}
