// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import EngineIOWire
import Foundation
import MartletTestSupport
import NIOCore

/// What stands in `Tests/Vectors/engine-packets.json`.
struct EngineVectors: Decodable {
    struct Packet: Decodable {
        var type: String
        var data: VectorBytes

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
        var encoded: VectorBytes
        var packet: Packet
        var decodeOnly: Bool?
    }

    struct Payload: Decodable {
        var name: String
        var resumable: Bool
        var encoded: VectorBytes
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
        var encoded: VectorBytes
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
        do {
            return try JSONDecoder().decode(EngineVectors.self, from: VectorBytes.file("engine-packets.json"))
        } catch {
            fatalError("the vectors cannot be read: \(error)")
        }
    }()
}
