// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
package import SocketIOWire

/// All arguments of an event from one on, not decoded.
///
/// A handler that takes it can send them on, or acknowledge with them, as they came; they become as many arguments
/// again. It owns its memory, so it may be kept.
public struct SocketArguments: Sendable {
    /// The JSON text of all, with commas between them.
    let joined: [UInt8]
    /// The binary attachments of the packet.
    public let attachments: [ByteBuffer]

    /// - Parameter joined: the JSON text of all, with commas between them.
    init(joined: [UInt8], attachments: [ByteBuffer]) {
        self.joined = joined
        self.attachments = attachments
    }

    /// The arguments of a packet, copied out of it.
    /// - Parameter index: the first of them.
    package init(_ packet: SocketPacket, from index: Int = 0) {
        self.init(joined: packet.copyOfArguments(from: index) ?? [], attachments: packet.attachments)
    }

    /// No arguments.
    public init() {
        self.init(joined: [], attachments: [])
    }

    public var isEmpty: Bool { self.joined.isEmpty }

    /// How many there are. The text is scanned for it.
    public var count: Int { self.slices.count }

    /// The arguments one by one. The text is scanned for it.
    public var elements: [SocketArgument] {
        self.slices.map { SocketArgument(Array($0.readableBytesView), attachments: self.attachments) }
    }

    /// One argument; `nil` when there are fewer. The text is scanned for it.
    public subscript(index: Int) -> SocketArgument? {
        let slices = self.slices
        guard slices.indices.contains(index) else { return nil }
        return SocketArgument(Array(slices[index].readableBytesView), attachments: self.attachments)
    }

    private var slices: [ByteBuffer] {
        var array = ByteBuffer()
        array.reserveCapacity(self.joined.count + 2)
        array.writeInteger(UInt8(ascii: "["))
        array.writeBytes(self.joined)
        array.writeInteger(UInt8(ascii: "]"))
        // It was part of a packet that has been scanned, so it is valid.
        return (try? JSONScanner.elements(of: array, maxDepth: .max)) ?? []
    }
}

extension SocketArguments: CustomStringConvertible {
    /// The JSON text of all, with commas between them.
    public var description: String { String(decoding: self.joined, as: UTF8.self) }
}

extension SocketArguments: Codable {
    /// Only the arguments of an event can be taken all together.
    public init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath,
                debugDescription: "SocketArguments stands for the arguments of an event only."
            )
        )
    }

    /// Only the arguments of an event can be sent all together.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            .init(
                codingPath: encoder.codingPath,
                debugDescription: "SocketArguments stands for the arguments of an event only."
            )
        )
    }
}
