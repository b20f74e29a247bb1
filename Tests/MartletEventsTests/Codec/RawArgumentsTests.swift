// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import NIOCore
import Testing

struct RawArgumentsTests {
    private let json = RawArguments(Array(#"1,[2,"a,b"],{"c":null}"#.utf8))

    private func encoded(_ values: ArgumentValue...) throws -> RawArguments {
        var bytes = ByteBuffer()
        var none: [ByteBuffer] = []
        for value in values { try LengthCoder().encode(value, into: &bytes, attachments: &none) }
        return RawArguments(Array(bytes.readableBytesView), format: LengthFormat.self)
    }

    @Test func theyAreTakenApartInTheirFormat() throws {
        let texts = self.json.elements.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(texts == ["1", #"[2,"a,b"]"#, #"{"c":null}"#])
        let encoded = try self.encoded(.integer(1), .string("two"))
        #expect(encoded.elements.map(\.bytes.count) == [9, 13])
        #expect(encoded.elements.allSatisfy { $0.isWritten(in: LengthFormat.self) })
        #expect(encoded.count == 2 && encoded[1]?.bytes.count == 13 && encoded[2] == nil)
        #expect(RawArguments([]).elements.isEmpty && RawArguments([]).count == 0)
    }

    @Test func theirValuesAreTheSameInEachFormat() throws {
        let values: [ArgumentValue] = [
            .integer(1), .array([.integer(2), .string("a,b")]), .object([.init(name: "c", value: .null)]),
        ]
        #expect(try self.json.values() == values)
        #expect(try self.encoded(values[0], values[1], values[2]).values() == values)
    }

    @Test func theyKnowWhatTheyAreWrittenIn() {
        #expect(self.json.isWritten(in: JSONFormat.self))
        #expect(!self.json.isWritten(in: LengthFormat.self))
    }
}
