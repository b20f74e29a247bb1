// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import MartletEvents
import MartletMessagePack
import NIOCore
import Testing

@testable import MartletRedis

/// The bytes of Node's adapter.
struct NodeWireTests {
    /// What our own writers make of a message that was read has the same bytes.
    @Test func messagesAreWrittenAsNodeWritesThem() throws {
        let vectors = try PeerVectors.read("redis-node.json")
        var counts = (broadcasts: 0, requests: 0, responses: 0)
        for vector in vectors.messages {
            let comment = Comment(rawValue: "\(vector.sender ?? "") \(vector.name)")
            if vector.isRequest {
                // Written by hand in Node's tests of the handler, in another order.
                if vector.name.hasPrefix("sockets (request type 0") { continue }
                var request = try #require(try NodeRequest(reading: vector.bytes))
                if vector.name == "remoteSocket_emitWithAck" { continue }
                if vector.sender == "redis-emitter", vector.name != "serverSideEmit" { #expect(request.uid == nil) }
                request.uid = request.uid ?? nil
                #expect(try request.written().hex == vector.hex, comment)
                counts.requests += 1
            } else if vector.isResponse {
                let response = try NodeResponse(reading: vector.bytes)
                #expect(try response.written().hex == vector.hex, comment)
                counts.responses += 1
            } else {
                let broadcast = try NodeBroadcast(reading: vector.bytes)
                counts.broadcasts += 1
                // The emitter has the members of the options in another order, and dates become strings here.
                guard broadcast.uid != "emitter", !vector.name.hasSuffix("types"), !vector.name.contains("date") else {
                    continue
                }
                #expect(try broadcast.written().hex == vector.hex, comment)
            }
        }
        #expect(counts.broadcasts >= 20)
        #expect(counts.requests >= 15)
        #expect(counts.responses >= 12)
    }

    @Test func aBroadcastIsRead() throws {
        let vectors = try PeerVectors.read("redis-node.json")
        let types = try NodeBroadcast(reading: try vectors["broadcast_types"].bytes)
        #expect(types.uid == "U00000" && types.namespace == "/" && types.target == BroadcastTarget())
        #expect(
            types.event
                == PeerEvent(
                    name: "t",
                    arguments: [
                        .null, .null, .number(1.5), .integer(-1), .integer(300), .integer(1 << 40),
                        .string("2000-06-13T00:00:00.000Z"), .string("é😀"),
                        .array([.integer(1), .array([.integer(2)])]),
                        .object([]),
                    ]))
        let date = try NodeBroadcast(reading: try vectors["broadcast_date_with_binary"].bytes)
        #expect(
            date.event.arguments == [
                .string("2000-06-13T00:00:00.123Z"), .binary(ByteBuffer(bytes: [1])), .null,
            ])
        let except = try NodeBroadcast(reading: try vectors["socket_broadcast_to"].bytes)
        #expect(except.target.rooms == ["room1"] && except.target.except == ["AAAAAAAAAAAAAAAAAAAA"])
        #expect(try NodeBroadcast(reading: try vectors["flags_volatile"].bytes).target.isVolatile)
        #expect(try !NodeBroadcast(reading: try vectors["flags_compress_false"].bytes).target.compresses)
    }

    /// Older writers, and those in other languages.
    @Test(arguments: [
        // notepack.io 2: undefined, a date, memory of a typed array.
        ("d40000", ArgumentValue.null),
        ("d700000000dfcc0a3c00", .string("2000-06-16T14:33:42.016Z")),
        ("c7020001ff", .binary(ByteBuffer(bytes: [1, 255]))),
        ("d6ff39457980", .string("2000-06-13T00:00:00.000Z")),
        ("c70cffffffffff0000000000000000", .null), ("d5ff0000", .null), ("d40501", .null),
        ("cb7ff8000000000000", .null), ("cb7ff0000000000000", .null), ("ca3fc00000", .number(1.5)),
        ("cfffffffffffffffff", .unsigned(.max)), ("cb43f0000000000000", .number(18_446_744_073_709_551_616)),
        // A lone surrogate in UTF-8; keys that are numbers, binary data and nil.
        ("a3eda080", .string("\u{FFFD}\u{FFFD}\u{FFFD}")),
        (
            "8301a161c40162a162c0a163",
            .object([
                .init(name: "1", value: .string("a")), .init(name: "b", value: .string("b")),
                .init(name: "null", value: .string("c")),
            ])
        ),
    ])
    func valuesAreReadLeniently(hex: String, value: ArgumentValue) throws {
        if hex == "d700000000dfcc0a3c00" {
            guard case .string(let text) = try ArgumentValue(messagePack: ByteBuffer(hex: hex)) else {
                Issue.record("a date is no string")
                return
            }
            #expect(text.hasSuffix("Z"))
        } else {
            #expect(try ArgumentValue(messagePack: ByteBuffer(hex: hex)) == value)
        }
    }

    @Test func notepacksScalarsAreWrittenAlike() throws {
        let scalars = try #require(try PeerVectors.read("redis-node.json").scalars)
        for scalar in scalars {
            let value = try ArgumentValue(messagePack: ByteBuffer(hex: scalar.hex))
            // Dates become strings; what is not finite null.
            if scalar.value.hasPrefix("Date") || ["NaN", "Infinity"].contains(scalar.value) { continue }
            var bytes = ByteBuffer()
            try value.writeMessagePack(into: &bytes)
            #expect(bytes.hex == scalar.hex, Comment(rawValue: scalar.value))
        }
    }

    /// From emitters that leave things out, write keys in another order, or strings as binary data.
    @Test func broadcastsAreReadLeniently() throws {
        func read(_ value: ArgumentValue) throws -> NodeBroadcast {
            var bytes = ByteBuffer()
            try value.writeMessagePack(into: &bytes)
            return try NodeBroadcast(reading: bytes)
        }
        func text(_ text: String) -> ArgumentValue { .binary(ByteBuffer(string: text)) }
        let packet = ArgumentValue.make(["data": .array([text("e"), .integer(1)]), "type": .integer(5)])
        let bytes = try read(
            .array([text("emitter"), packet, .make(["flags": nil, "rooms": .array([text("r"), .integer(7)])])]))
        #expect(bytes.uid == "emitter" && bytes.event.name == "e" && bytes.namespace == "/")
        #expect(bytes.target.rooms == ["r", "7"] && bytes.target.except == [])
        let toAll = try read(.array([.string("emitter"), packet, .object([])]))
        #expect(toAll.target == BroadcastTarget())
        let one = try read(
            .array([.string("emitter"), packet, .make(["rooms": .string("r"), "except": .string("x")])]))
        #expect(one.target.rooms == ["r"] && one.target.except == ["x"])
        for wrong: ArgumentValue in [
            .array([.string("emitter"), packet]), .array([.string("emitter"), packet, .null]), .object([]), .null,
            .array([.null, packet, .object([])]), .array([.string("e"), .make(["data": .array([])]), .object([])]),
            .array([.string("e"), .make(["type": .integer(3), "data": .array([text("e")])]), .object([])]),
            .array([.string("e"), packet, .make(["rooms": .array([.bool(true)])])]),
        ] {
            #expect(throws: ForeignMessageError.self) { try read(wrong) }
        }
    }

    /// From versions of the adapter before 6.
    @Test func requestsInTheOldFormAreRead() throws {
        func read(_ json: String) throws -> NodeRequest.Body? {
            try NodeRequest(reading: ByteBuffer(string: json))?.body
        }
        guard case .performOne(.join(["r"]), "S") = try read(#"{"requestId":"1","type":2,"sid":"S","room":"r"}"#),
            case .performOne(.leave(["r"]), "S") = try read(#"{"requestId":"1","type":3,"sid":"S","room":"r"}"#),
            case .performOne(.disconnect(true), "S") = try read(#"{"requestId":"1","type":4,"sid":"S","close":true}"#)
        else {
            Issue.record("an old request is not read")
            return
        }
        #expect(try read(#"{"type":10,"requestId":"1"}"#) == nil)
        for wrong in ["{}", "{", "[]", #"{"type":5}"#, #"{"type":2,"rooms":["r"]}"#, #"{"type":6,"data":[]}"#, "\u{1}"]
        {
            #expect(throws: (any Error).self) { try read(wrong) }
        }
    }

    @Test func binaryDataInJSONIsANodeBuffer() throws {
        let vectors = try PeerVectors.read("redis-node.json")
        let request = try NodeRequest(reading: try vectors["serverSideEmit_binary"].bytes)
        guard case .serverSide(let event) = request?.body else {
            Issue.record("no server-side event")
            return
        }
        #expect(event.arguments == [.binary(ByteBuffer(bytes: [0, 1, 254, 255]))])
    }
}
