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
    /// All of them, in the form in which they came.
    let raw: RawArguments

    /// The arguments of a packet, copied out of it.
    /// - Parameters:
    ///   - index: the first of them.
    ///   - format: what they are written in.
    package init(
        _ packet: SocketPacket,
        from index: Int = 0,
        format: any ArgumentFormat.Type = JSONFormat.self
    ) {
        let bytes = packet.copyOfArguments(from: index) ?? []
        self.raw = RawArguments(bytes, attachments: packet.attachments, format: format)
    }

    /// No arguments.
    public init() {
        self.raw = RawArguments([])
    }

    /// The binary attachments of the packet.
    public var attachments: [ByteBuffer] { self.inJSON.attachments }

    public var isEmpty: Bool { self.raw.bytes.isEmpty }

    /// How many there are. The text is scanned for it.
    public var count: Int { self.raw.count }

    /// The arguments one by one. The text is scanned for it.
    public var elements: [SocketArgument] {
        self.raw.elements.map(SocketArgument.init)
    }

    /// One argument; `nil` when there are fewer. The text is scanned for it.
    public subscript(index: Int) -> SocketArgument? {
        self.raw[index].map(SocketArgument.init)
    }

    /// What has no form in JSON leaves none of them.
    private var inJSON: RawArguments { (try? self.raw.inJSON()) ?? RawArguments([]) }
}

extension SocketArguments: CustomStringConvertible {
    /// The JSON text of all, with commas between them.
    public var description: String { String(decoding: self.inJSON.bytes, as: UTF8.self) }
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
