// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Foundation
import NIOCore

/// A small generator with a seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension ByteBuffer {
    init(_ text: String) { self.init(string: text) }

    /// The same bytes, in the middle of a larger buffer: what transports hand over.
    var asSlice: ByteBuffer {
        var larger = ByteBuffer(string: "before")
        larger.writeImmutableBuffer(self)
        larger.writeString("after")
        return larger.getSlice(at: 6, length: readableBytes) ?? ByteBuffer()
    }

    var text: String { String(buffer: self) }
}

/// What stands in `Tests/Vectors/engine-packets.json`.
struct EngineVectors: Decodable {
    /// Text, or `{"base64"}`.
    struct Bytes: Decodable, Equatable {
        var buffer: ByteBuffer
        var isBinary: Bool

        private struct Binary: Decodable {
            var base64: Data
        }

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                (buffer, isBinary) = (ByteBuffer(string: text), false)
            } else {
                (buffer, isBinary) = (ByteBuffer(bytes: try Binary(from: decoder).base64), true)
            }
        }
    }

    struct Packet: Decodable {
        var type: String
        var data: Bytes

        var packet: EnginePacket {
            switch type {
            case "open": .open(data.buffer)
            case "close": .close(data.buffer)
            case "ping": .ping(data.buffer)
            case "pong": .pong(data.buffer)
            case "upgrade": .upgrade
            case "noop": .noop(data.buffer)
            default: data.isBinary ? .binary(data.buffer) : .text(data.buffer)
            }
        }
    }

    struct Valid: Decodable {
        var name: String
        var form: String
        var encoded: Bytes
        var packet: Packet
        var decodeOnly: Bool?
    }

    struct Payload: Decodable {
        var name: String
        var resumable: Bool
        var encoded: Bytes
        var packets: [Packet]
    }

    struct Open: Decodable {
        struct Fields: Decodable {
            struct Resume: Decodable {
                var timeout: Int
                var buffer: Int
            }
            var sid: String
            var upgrades: [String]
            var pingInterval: Int
            var pingTimeout: Int
            var maxPayload: Int
            var resume: Resume?
            var ack: Int?
            var from: Int?

            var value: EngineOpen {
                EngineOpen(
                    sid: sid, upgrades: upgrades, pingInterval: pingInterval, pingTimeout: pingTimeout,
                    maxPayload: maxPayload, resume: resume.map { .init(timeout: $0.timeout, buffer: $0.buffer) },
                    ack: ack, from: from)
            }
        }
        var name: String
        var encoded: String
        var open: Fields
        var decodeOnly: Bool?
    }

    struct Count: Decodable {
        var text: String
        var count: Int?
    }

    struct Invalid: Decodable {
        var name: String
        var form: String?
        var resumable: Bool?
        var encoded: Bytes
        var reason: String
    }

    var packets: [Valid]
    var payloads: [Payload]
    var opens: [Open]
    var counts: [Count]
    var invalid: [Invalid]
    var invalidPayloads: [Invalid]
    var invalidOpens: [Invalid]

    static let all: EngineVectors = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/engine-packets.json")
        do {
            return try JSONDecoder().decode(EngineVectors.self, from: Data(contentsOf: file))
        } catch {
            fatalError("the vectors cannot be read: \(error)")
        }
    }()
}
