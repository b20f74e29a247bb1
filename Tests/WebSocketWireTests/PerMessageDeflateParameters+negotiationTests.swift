// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing
import WebSocketWire

@Suite struct PerMessageDeflateNegotiationTests {
    private static let takeover = PerMessageDeflateConfiguration(
        serverNoContextTakeover: false, clientNoContextTakeover: false)

    private func answer(
        _ lines: String..., configuration: PerMessageDeflateConfiguration = takeover
    ) -> String? {
        WebSocketExtension.parse(lines).flatMap {
            PerMessageDeflateParameters.negotiate($0, configuration)?.headerValue
        }
    }

    @Test func plainOffer() {
        #expect(answer("permessage-deflate") == "permessage-deflate")
        #expect(answer("PerMessage-Deflate") == "permessage-deflate")
        #expect(answer("permessage-bzip2") == nil)
        #expect(answer("") == nil)
    }

    @Test func takeover() {
        #expect(
            answer("permessage-deflate; server_no_context_takeover") == "permessage-deflate; server_no_context_takeover"
        )
        #expect(
            answer("permessage-deflate; client_no_context_takeover") == "permessage-deflate; client_no_context_takeover"
        )
        #expect(
            answer("permessage-deflate", configuration: .init())
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        #expect(answer("permessage-deflate; server_no_context_takeover=1") == nil)
        #expect(answer("permessage-deflate; client_no_context_takeover=\"x\"") == nil)
    }

    @Test func serverWindow() {
        #expect(
            answer("permessage-deflate; server_max_window_bits=10") == "permessage-deflate; server_max_window_bits=10")
        #expect(
            answer("permessage-deflate; server_max_window_bits=\"10\"")
                == "permessage-deflate; server_max_window_bits=10")
        // Accepting the parameter is naming it, though it says no more than its absence (7.1.2.1).
        #expect(
            answer("permessage-deflate; server_max_window_bits=15") == "permessage-deflate; server_max_window_bits=15")
        var small = Self.takeover
        small.serverMaxWindowBits = 11
        #expect(
            answer("permessage-deflate; server_max_window_bits=12", configuration: small)
                == "permessage-deflate; server_max_window_bits=11")
        #expect(
            answer("permessage-deflate", configuration: small) == "permessage-deflate; server_max_window_bits=11")
    }

    @Test func windowThatZlibLacksIsDeclinedAndTheNextOfferTaken() {
        #expect(answer("permessage-deflate; server_max_window_bits=8") == nil)
        #expect(
            answer("permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9")
                == "permessage-deflate; server_max_window_bits=9")
    }

    @Test func clientWindow() {
        #expect(answer("permessage-deflate; client_max_window_bits") == "permessage-deflate")
        #expect(
            answer("permessage-deflate; client_max_window_bits=8") == "permessage-deflate; client_max_window_bits=8")
        var small = Self.takeover
        small.clientMaxWindowBits = 10
        #expect(
            answer("permessage-deflate; client_max_window_bits", configuration: small)
                == "permessage-deflate; client_max_window_bits=10")
        #expect(
            answer("permessage-deflate; client_max_window_bits=9", configuration: small)
                == "permessage-deflate; client_max_window_bits=9")
        #expect(answer("permessage-deflate", configuration: small) == nil)
    }

    @Test(arguments: [
        "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=09",
        "server_max_window_bits=+9", "client_max_window_bits=7", "client_max_window_bits=16",
        "client_max_window_bits=x",
        "unknown", "unknown=1", "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; client_max_window_bits=10",
    ])
    func badParametersDeclineTheirOfferOnly(parameters: String) {
        #expect(answer("permessage-deflate; \(parameters)") == nil)
        #expect(answer("permessage-deflate; \(parameters)", "permessage-deflate") == "permessage-deflate")
    }

    @Test func firstAcceptableOfferWins() {
        let offers = "x, permessage-deflate; unknown, permessage-deflate; server_max_window_bits=12, permessage-deflate"
        #expect(answer(offers) == "permessage-deflate; server_max_window_bits=12")
    }

    @Test func clientReadsTheAnswer() {
        func read(_ line: String) -> PerMessageDeflateParameters? {
            WebSocketExtension.parse([line]).flatMap { PerMessageDeflateParameters(answer: $0) }
        }
        for parameters in [
            PerMessageDeflateParameters(), .init(serverNoContextTakeover: true, clientMaxWindowBits: 9),
            .init(clientNoContextTakeover: true, serverMaxWindowBits: 12),
        ] { #expect(read(parameters.headerValue) == parameters) }
        for line in [
            "", "x", "permessage-deflate, permessage-deflate", "permessage-deflate; client_max_window_bits",
            "permessage-deflate; y",
        ] { #expect(read(line) == nil) }
    }

    @Test func configurationStaysInRange() {
        let configuration = PerMessageDeflateConfiguration(
            serverMaxWindowBits: 8, clientMaxWindowBits: 99, level: 0, memLevel: 10)
        #expect(configuration.serverMaxWindowBits == 9)
        #expect(configuration.clientMaxWindowBits == 15)
        #expect(configuration.level == 1)
        #expect(configuration.memLevel == 9)
    }
}
