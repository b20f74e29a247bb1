// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MartletEngine

struct SessionIDTests {
    @Test(arguments: [0, 1, 2, 63, 64, 4095])
    func anIDIsReadAsItWasWritten(shard: Int) {
        let id = SessionID(shard: shard)
        #expect(id.shard == shard)
        #expect(id.description.utf8.count == SessionID.textLength)
        #expect(SessionID(id.description) == id)
        #expect(SessionID(Substring(id.description)) == id)
    }

    @Test func anIDMayNameItsNode() {
        for shard in [0, 63, 4095] {
            let node = NodeTag()
            let id = SessionID(shard: shard, node: node)
            #expect(id.shard == shard)
            #expect(id.node == node)
            #expect(id.description.hasSuffix(node.description))
            #expect(SessionID(id.description) == id)
            #expect(SessionID(id.description.dropLast(NodeTag.textLength))?.node == nil)
            #expect(NodeTag(node.description) == node)
        }
        #expect(NodeTag("______")?.description == "______")
        for text in ["", "AAAAAA", "AAAAA", "AAAAAAB", "AAAA=B"] { #expect(NodeTag(text) == nil) }
    }

    @Test func theTextIsOfTheURLSafeAlphabet() {
        for _ in 0..<100 {
            let text = SessionID(shard: 4095).description
            #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        }
    }

    @Test func tenThousandIDsAreDistinct() {
        let ids = (0..<10_000).map { _ in SessionID(shard: 1) }
        #expect(Set(ids).count == 10_000)
        #expect(Set(ids.map(\.description)).count == 10_000)
        #expect(Set(ids.map(\.high)).count == 10_000)
        #expect(Set(ids.map(\.low)).count == 10_000)
    }

    @Test func everyTextOfTheRightShapeIsReadBackAsItself() {
        let text = "P__________A________-_BC"
        #expect(SessionID(text)?.description == text)
        #expect(SessionID(String(repeating: "A", count: 24))?.high == 0)
    }

    @Test(
        arguments: [
            "", "A", String(repeating: "A", count: 23), String(repeating: "A", count: 25),
            // A first digit of each half that 64 bits have no room for.
            "Q" + String(repeating: "A", count: 23),
            String(repeating: "A", count: 11) + "Q" + String(repeating: "A", count: 12),
            "AAAAAAAAAAAAAAAAAAAAAA=A", "AAAAAAAAAAAAAAAAAAAAAA+/", "AAAAAAAAAAA AAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA\u{0}", "ÄAAAAAAAAAAAAAAAAAAAAAAA", "ÄAAAAAAAAAAAAAAAAAAAAAA",
            // No node has the tag 0.
            String(repeating: "A", count: 30), String(repeating: "A", count: 29), String(repeating: "B", count: 31),
            String(repeating: "A", count: 29) + "=", String(repeating: "A", count: 1_000_000),
        ]
    )
    func aTextThatIsNoIDIsRefused(text: String) {
        #expect(SessionID(text) == nil)
    }
}
