// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import MartletTestSupport
import NIOCore
import Testing

@Suite struct EngineIOErrorTests {
    @Test(arguments: [
        (EngineIOError.unknownTransport, 400, #"{"code":0,"message":"Transport unknown"}"#),
        (.unknownSession, 400, #"{"code":1,"message":"Session ID unknown"}"#),
        (.badHandshakeMethod, 400, #"{"code":2,"message":"Bad handshake method"}"#),
        (.badRequest, 400, #"{"code":3,"message":"Bad request"}"#),
        (.jsonpUnsupported, 400, #"{"code":3,"message":"JSONP is not supported"}"#),
        (.parseError("empty packet"), 400, #"{"code":3,"message":"Bad request"}"#),
        (.forbidden(message: nil), 403, #"{"code":4,"message":"Forbidden"}"#),
        (.forbidden(message: "no \"entry\"\n"), 403, #"{"code":4,"message":"no \"entry\"\u000a"}"#),
        (.unsupportedProtocolVersion, 400, #"{"code":5,"message":"Unsupported protocol version"}"#),
    ])
    func hasTheReferencesAnswer(error: EngineIOError, status: Int, body: String) {
        #expect(error.httpStatus == status)
        #expect(error.body.text == body)
    }
}
