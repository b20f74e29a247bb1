// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import SocketIOWire

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

/// What stands in `Tests/Vectors/socket-packets.json`.
struct SocketVectors: Decodable {
    /// Text, or `{"base64"}`.
    struct Frame: Decodable {
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
        var namespace: String
        var id: Int?
        var attachments: [Frame]?

        var packetType: SocketPacketType {
            switch type {
            case "connect": .connect
            case "disconnect": .disconnect
            case "event": .event
            case "ack": .ack
            case "connect_error": .connectError
            case "binary_event": .binaryEvent
            default: .binaryAck
            }
        }
    }

    struct Valid: Decodable {
        var name: String
        var encoded: String
        var packet: Packet
        var decodeOnly: Bool?
        /// `packet.data` as canonical JSON, nil when there is none.
        var data: String?

        private enum Key: CodingKey { case name, encoded, packet, decodeOnly }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            encoded = try container.decode(String.self, forKey: .encoded)
            packet = try container.decode(Packet.self, forKey: .packet)
            decodeOnly = try container.decodeIfPresent(Bool.self, forKey: .decodeOnly)
        }
    }

    struct Invalid: Decodable {
        var name: String
        var frames: [Frame]
        var reason: String

        private enum Key: CodingKey { case name, encoded, reason }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            reason = try container.decode(String.self, forKey: .reason)
            if let frame = try? container.decode(Frame.self, forKey: .encoded) {
                frames = [frame]
            } else {
                frames = try container.decode([Frame].self, forKey: .encoded)
            }
        }
    }

    var packets: [Valid]
    var invalid: [Invalid]

    static let all: SocketVectors = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Vectors/socket-packets.json")
        do {
            let bytes = try Data(contentsOf: file)
            var vectors = try JSONDecoder().decode(SocketVectors.self, from: bytes)
            // The data of each packet can be anything, which Codable cannot say.
            let top = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
            for (index, packet) in (top?["packets"] as? [[String: Any]] ?? []).enumerated() {
                guard let data = (packet["packet"] as? [String: Any])?["data"] else { continue }
                vectors.packets[index].data = try canonical(data)
            }
            return vectors
        } catch {
            fatalError("the vectors cannot be read: \(error)")
        }
    }()
}

/// JSON of a value with sorted keys, by which two values are compared.
func canonical(_ value: Any) throws -> String {
    String(
        decoding: try JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed]),
        as: UTF8.self)
}

/// The same for JSON text.
func canonical(json: ByteBuffer) throws -> String {
    try canonical(JSONSerialization.jsonObject(with: Data(json.readableBytesView), options: .fragmentsAllowed))
}
