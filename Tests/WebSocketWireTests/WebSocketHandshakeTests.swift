// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebSocketWire

@Suite struct WebSocketHandshakeTests {
    private static let request = WebSocketUpgradeRequest(
        method: "GET", connection: ["Upgrade"], upgrade: ["websocket"], version: ["13"],
        key: ["dGhlIHNhbXBsZSBub25jZQ=="])

    private func answer(_ change: (inout WebSocketUpgradeRequest) -> Void) -> WebSocketHandshake.Answer {
        var request = Self.request
        change(&request)
        return WebSocketHandshake.answer(request, supportedProtocols: ["chat", "v2"], deflate: .init())
    }

    private func status(_ change: (inout WebSocketUpgradeRequest) -> Void) -> Int {
        switch answer(change) {
        case .accepted: 101
        case .refused(let refusal): refusal.status
        }
    }

    private func acceptance(
        _ change: (inout WebSocketUpgradeRequest) -> Void
    ) throws -> WebSocketHandshake.Acceptance {
        switch answer(change) {
        case .accepted(let acceptance): return acceptance
        case .refused(let refusal): throw refusal
        }
    }

    @Test func keyOfTheSpecification() throws {
        #expect(WebSocketHandshake.acceptKey(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let acceptance = try acceptance { _ in }
        #expect(acceptance.acceptKey == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(acceptance.subprotocol == nil)
        #expect(acceptance.deflate == nil)
        #expect(acceptance.extensions == nil)
    }

    @Test func tokensCompareInAnyCaseAndAmongOthers() {
        #expect(status { $0.connection = ["keep-alive, UPGRADE"] } == 101)
        #expect(status { $0.connection = ["keep-alive", "upgrade"] } == 101)
        #expect(status { $0.upgrade = ["h2c, WebSocket"] } == 101)
        #expect(status { $0.version = [" 13 "] } == 101)
    }

    @Test func methodMustBeGET() {
        let expected = WebSocketHandshake.Refusal(
            status: 405, reason: "Method not allowed", header: .init(name: "Allow", value: "GET"))
        #expect(answer { $0.method = "POST" } == .refused(expected))
        #expect(status { $0.method = "get" } == 405)
    }

    @Test func otherVersionsAreToldTheRightOne() {
        for version in [["8"], ["0"], ["13, 8"], [""], ["013"], []] {
            let expected = WebSocketHandshake.Refusal(
                status: 426, reason: "Unsupported WebSocket version",
                header: .init(name: "Sec-WebSocket-Version", value: "13"))
            #expect(answer { $0.version = version } == .refused(expected))
        }
        #expect(status { $0.version = ["13", "13"] } == 400)
    }

    @Test func connectionAndUpgradeAreRequired() {
        #expect(status { $0.connection = [] } == 400)
        #expect(status { $0.connection = ["close"] } == 400)
        #expect(status { $0.upgrade = [] } == 400)
        #expect(status { $0.upgrade = ["websockets"] } == 400)
    }

    @Test func keyMustBeSixteenBytesOnce() {
        #expect(status { $0.key = [] } == 400)
        #expect(status { $0.key += $0.key } == 400)
        #expect(status { $0.key = [" dGhlIHNhbXBsZSBub25jZQ==\t"] } == 101)
        for key in ["", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub25j.Q==", "dGhl=="] {
            #expect(status { $0.key = [key] } == 400, "\(key)")
        }
    }

    @Test func firstSupportedSubprotocolIsChosen() throws {
        #expect(try acceptance { $0.protocols = ["v3, v2", "chat"] }.subprotocol == "v2")
        #expect(try acceptance { $0.protocols = ["CHAT"] }.subprotocol == nil)
        #expect(status { $0.protocols = ["chat, a b"] } == 400)
    }

    @Test func deflateIsNegotiated() throws {
        let acceptance = try acceptance { $0.extensions = ["permessage-deflate; client_max_window_bits"] }
        #expect(acceptance.deflate == .init(serverNoContextTakeover: true, clientNoContextTakeover: true))
        #expect(
            acceptance.extensions
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        #expect(status { $0.extensions = ["permessage-deflate; ="] } == 400)
        #expect(try self.acceptance { $0.extensions = ["x-webkit-deflate-frame"] }.deflate == nil)
    }

    @Test func deflateStaysOffUnlessWanted() {
        var request = Self.request
        request.extensions = ["permessage-deflate"]
        guard case .accepted(let acceptance) = WebSocketHandshake.answer(request) else {
            Issue.record("refused")
            return
        }
        #expect(acceptance.deflate == nil)
    }
}
