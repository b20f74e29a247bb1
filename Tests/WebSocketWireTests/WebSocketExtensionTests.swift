// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WebSocketWire

@Suite struct WebSocketExtensionTests {
    @Test func offersOfSeveralLinesInOrder() {
        let parsed = WebSocketExtension.parse(["foo, bar; Baz=2 ; q=\"x\\y\"", "foo;b"])
        #expect(
            parsed == [
                .init(name: "foo", parameters: []),
                .init(name: "bar", parameters: [.init(name: "baz", value: "2"), .init(name: "q", value: "xy")]),
                .init(name: "foo", parameters: [.init(name: "b", value: nil)]),
            ])
    }

    @Test(arguments: ["", " ", ",", " , ,"])
    func emptyLists(line: String) {
        #expect(WebSocketExtension.parse([line]) == [])
    }

    @Test(arguments: [
        ";", "a;", "a;;b", "a;=1", "a;b=", "a;b=\"\"", "a;b=\"", "a;b=\"x", "a;b=\"x\\", "a;b=\"x y\"", "a b", "a;b c",
        "a;b=1 2", "é", "=a", "a,b;", "a;b=\"1\"x", "a;b=\"1,2\"",
    ])
    func whatBreaksTheGrammarIsRefused(line: String) {
        #expect(WebSocketExtension.parse(["ok", line]) == nil)
    }
}
