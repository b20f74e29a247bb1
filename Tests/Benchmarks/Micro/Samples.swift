// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The values that the benchmarks send and receive.
enum Sample {
    /// A payload as many events carry it.
    struct Message: Codable, Sendable, Equatable {
        struct Author: Codable, Sendable, Equatable {
            var id: Int
            var name: String
        }

        var author: Author
        var text: String
        var sent: Double
        var isEdited: Bool
        var tags: [String]
    }

    static let message = Message(
        author: Message.Author(id: 4711, name: "Carol \"Caz\" Ångström"),
        text: "The quick brown fox jumps over the lazy dog while 1234567890 sheep watch.",
        sent: 1_763_712_000.125,
        isEdited: false,
        tags: ["greeting", "animals", "long"]
    )

    /// The message as `JSON.stringify` writes it: members in the order in which they were set.
    static let messageJSON = #"""
        {"author":{"id":4711,"name":"Carol \"Caz\" Ångström"},"text":"The quick brown fox jumps over the lazy dog \#
        while 1234567890 sheep watch.","sent":1763712000.125,"isEdited":false,"tags":["greeting","animals","long"]}
        """#

    /// A point of a drawing, or a body of a game: sent many at a time.
    struct Point: Codable, Sendable, Equatable {
        var id: Int
        var x: Double
        var y: Double
        var color: String
        var isFixed: Bool
    }

    static let list = (0..<20).map {
        Point(id: $0, x: Double($0) * 1.5, y: 480.25 - Double($0), color: "#c0ffee", isFixed: $0 % 2 == 0)
    }

    static let listJSON =
        "["
        + list.map {
            "{\"id\":\($0.id),\"x\":\($0.x),\"y\":\($0.y),\"color\":\"\($0.color)\",\"isFixed\":\($0.isFixed)}"
        }.joined(separator: ",") + "]"

    /// Text of one byte a character.
    static func text(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(ascii: "a") + UInt8($0 % 26) })
    }

    /// Text of one to four bytes a character.
    static func mixedText(_ count: Int) -> ByteBuffer {
        var text = ByteBuffer()
        while text.readableBytes < count { text.writeString("Grüße aus Zürich, 你好世界 😀 ") }
        return text
    }

    /// A JSON array of small objects.
    static func json(_ count: Int) -> ByteBuffer {
        var json = ByteBuffer(string: "[")
        var number = 0
        while json.readableBytes < count {
            let comma = number == 0 ? "" : ","
            let price = number * 7919 % 9000
            json.writeString("\(comma){\"n\":\(number),\"user\":\"carol\",\"price\":\(price),\"open\":true}")
            number += 1
        }
        json.writeString("]")
        return json
    }
}
