// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MartletTestSupport
import NIOCore

/// What stands in `Tests/Vectors/redis-node.json` and `redis-python.json`.
struct PeerVectors: Decodable {
    struct Message: Decodable {
        let sender: String?
        let name: String
        let call: String
        let channel: String
        let hex: String

        var bytes: ByteBuffer { ByteBuffer(hex: self.hex) }
        var isRequest: Bool { self.channel.contains("-request#") }
        var isResponse: Bool { self.channel.contains("-response#") }
    }

    struct Scalar: Decodable {
        let value: String
        let hex: String
    }

    let messages: [Message]
    let scalars: [Scalar]?

    static func read(_ file: String) throws -> PeerVectors {
        try JSONDecoder().decode(PeerVectors.self, from: try VectorBytes.file(file))
    }

    subscript(name: String) -> Message {
        get throws {
            struct NoSuchVector: Error { let name: String }
            guard let message = self.messages.first(where: { $0.name == name }) else { throw NoSuchVector(name: name) }
            return message
        }
    }
}

extension ByteBuffer {
    init(hex: String) {
        let digits = Array(hex.utf8)
        self.init(
            bytes: stride(from: 0, to: digits.count - 1, by: 2).map { index in
                UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) ?? 0
            })
    }

    var hex: String { self.readableBytesView.map { String(format: "%02x", $0) }.joined() }
}
