// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
package import SocketIOWire

/// All remaining arguments of an event, undecoded.
///
/// A handler that takes `SocketArguments` can send them on, or acknowledge with them, unchanged: the receiver gets the
/// same number of arguments. `SocketArguments` owns its memory, so it may be kept.
public struct SocketArguments: Sendable {
    /// All arguments, in the format in which they were received.
    @usableFromInline package let raw: RawArguments

    /// The arguments of a packet, copied out of it.
    /// - Parameters:
    ///   - index: the index of the first argument to copy.
    ///   - format: the format of the arguments in the packet.
    package init(
        _ packet: SocketPacket,
        from index: Int = 0,
        format: any ArgumentFormat.Type = JSONFormat.self
    ) {
        let bytes = packet.copyOfArguments(from: index) ?? []
        self.init(RawArguments(bytes, attachments: packet.attachments, format: format))
    }

    /// The elements of an array, as the arguments of an event.
    /// - Returns: `nil` when the argument is not an array.
    package init?(elementsOf array: SocketArgument) {
        guard let raw = try? array.raw.inJSON(), raw.bytes.first == UInt8(ascii: "["),
            raw.bytes.last == UInt8(ascii: "]")
        else { return nil }
        // RFC 8259, 5: what stands between the brackets, with commas between, is how a packet has its arguments.
        let elements = raw.bytes.dropFirst().dropLast()
        let isEmpty = elements.allSatisfy { " \t\r\n".utf8.contains($0) }
        self.init(RawArguments(isEmpty ? [] : Array(elements), attachments: raw.attachments))
    }

    @inlinable
    package init(_ raw: RawArguments) {
        self.raw = raw
    }

    /// No arguments.
    public init() {
        self.init(RawArguments([]))
    }

    /// The binary attachments of the packet.
    public var attachments: [ByteBuffer] { self.inJSON.attachments }

    public var isEmpty: Bool { self.raw.bytes.isEmpty }

    /// How many arguments there are. Each call scans the text.
    public var count: Int { self.raw.count }

    /// The arguments one by one. Each call scans the text.
    public var elements: [SocketArgument] {
        self.raw.elements.map { SocketArgument($0) }
    }

    /// One argument; `nil` when there are fewer. Each call scans the text.
    public subscript(index: Int) -> SocketArgument? {
        self.raw[index].map { SocketArgument($0) }
    }

    /// The arguments in JSON; no arguments if one of them has no form in JSON.
    private var inJSON: RawArguments { (try? self.raw.inJSON()) ?? RawArguments([]) }
}

extension SocketArguments: CustomStringConvertible {
    /// The JSON text of all arguments, with commas between them.
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
