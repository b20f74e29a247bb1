// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SocketIOWire

@Suite struct EventNameTests {
    /// The name at the end of a text and amid one, where the bytes behind it can be read as well.
    private func name(json: String) -> EventName? {
        var alone = json
        var event = "[\(json),\"and more\"]"
        let name = alone.withUTF8 { EventName(in: UnsafeRawBufferPointer($0), 0..<$0.count) }
        let nameInEvent = event.withUTF8 { EventName(in: UnsafeRawBufferPointer($0), 1..<(1 + json.utf8.count)) }
        #expect(name == nameInEvent)
        return name
    }

    @Test(arguments: 0..<40)
    func everyLengthIsKeptWholeAndDiffersFromItsNeighbours(length: Int) {
        let text = String("abcdefghijklmnopqrstuvwxyz0123456789ABCD".prefix(length))
        let plain = EventName(text)
        #expect(plain.string == text)
        #expect(name(json: "\"\(text)\"") == plain)
        #expect(EventName(text + "x") != plain)
        #expect(EventName(text + "\0") != plain)
        for place in text.indices {
            var other = text
            other.replaceSubrange(place...place, with: "_")
            #expect(EventName(other) != plain)
        }
        #expect([plain: 1][EventName(text)] == 1)
    }

    @Test func charactersOfSeveralBytesAreKeptAtEveryOffset() {
        for padding in 0..<20 {
            for text in ["é", "€", "🐦", "é€🐦"] {
                let name = String(repeating: "a", count: padding) + text
                #expect(EventName(name).string == name)
            }
        }
    }

    @Test(arguments: [
        ("\"\\u0065cho\"", "echo"), ("\"\\u0065\\u0063\\u0068\\u006f\"", "echo"), ("\"a\\/b\"", "a/b"),
        ("\"\\\"\\\\\"", "\"\\"),
        ("\"\\b\\f\\n\\r\\t\"", "\u{8}\u{c}\n\r\t"), ("\"\\ud83d\\udc26\"", "🐦"), ("\"\\ud83dx\"", "\u{fffd}x"),
        ("\"\\udc26\"", "\u{fffd}"), ("\"\\ud83d\\ud83d\\udc26\"", "\u{fffd}🐦"), ("\"\\ud83d\\n\"", "\u{fffd}\n"),
        ("\"\\ud83d\"", "\u{fffd}"),
        ("1", "1"), ("-1.5e3", "-1.5e3"), ("\"\"", ""),
    ])
    func anEscapedNameIsThePlainOne(json: String, plain: String) {
        #expect(name(json: json) == EventName(plain))
        #expect(name(json: json)?.hashValue == EventName(plain).hashValue)
        #expect(name(json: json)?.string == plain)
    }

    @Test(arguments: ["true", "null", "{}", "[]", ""])
    func nothingElseIsAName(json: String) {
        #expect(name(json: json) == nil)
    }

    @Test func namesAreEqualByTheirBytesAsInJavaScript() {
        #expect(EventName("\u{e9}") != EventName("e\u{301}"))
        #expect(EventName("a long name with \u{e9}") != EventName("a long name with e\u{301}"))
        #expect(EventName("a name of more than 16 bytes") == "a name of more than 16 bytes")
    }

    @Test func onlyTheSixNamesAreReserved() {
        #expect(EventName.reserved.count == 6)
        for name in EventName.reserved { #expect(name.isReserved) }
        for name in [
            "connection", "Connect", "connec", "connect_", "message", "disconnects", "newlistener", "", "error",
        ] {
            #expect(!EventName(name).isReserved, "\(name)")
        }
    }
}
