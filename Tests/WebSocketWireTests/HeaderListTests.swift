// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebSocketWire

@Suite struct HeaderListTests {
    @Test func elementsOfSeveralLines() {
        #expect(HeaderList.elements(["a, b ,,\tc", "", "d"]) == ["a", "b", "c", "d"])
        #expect(HeaderList.elements([]) == [])
    }

    @Test func containsIgnoresCase() {
        #expect(HeaderList.contains("upgrade", in: ["keep-alive, Upgrade"]))
        #expect(!HeaderList.contains("upgrade", in: ["upgrades", "no upgrade"]))
    }

    @Test func tokens() {
        #expect(HeaderList.isToken("v10.stomp"))
        for text in ["", "a b", "a/b", "é", "\"a\"", "a="] { #expect(!HeaderList.isToken(text)) }
    }
}
