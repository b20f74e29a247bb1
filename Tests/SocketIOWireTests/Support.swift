// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport
import NIOCore
import SocketIOWire

/// What stands in `Tests/Vectors/socket-packets.json`.
struct SocketVectors: Decodable {
    struct Packet: Decodable {
        var type: String
        var namespace: String
        var id: Int?
        var attachments: [VectorBytes]?

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
        var frames: [VectorBytes]
        var reason: String

        private enum Key: CodingKey { case name, encoded, reason }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            name = try container.decode(String.self, forKey: .name)
            reason = try container.decode(String.self, forKey: .reason)
            if let frame = try? container.decode(VectorBytes.self, forKey: .encoded) {
                frames = [frame]
            } else {
                frames = try container.decode([VectorBytes].self, forKey: .encoded)
            }
        }
    }

    var packets: [Valid]
    var invalid: [Invalid]

    static let all: SocketVectors = {
        do {
            let bytes = try VectorBytes.file("socket-packets.json")
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
