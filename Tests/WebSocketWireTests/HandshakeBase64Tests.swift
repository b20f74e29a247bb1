// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebSocketWire

@Suite struct HandshakeBase64Tests {
    /// RFC 4648, 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, encoded: String) {
        #expect(HandshakeBase64.encode(Array(plain.utf8)) == encoded)
    }

    @Test func highBytes() {
        #expect(HandshakeBase64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
    }
}
