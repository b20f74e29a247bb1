// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import MartletEngine
internal import NIOCore
internal import SocketIOWire

/// The arguments of a packet that came in, an event's or an acknowledgement's.
struct IncomingArguments: Sendable {
    private let slices: ArgumentSlices
    private let attachments: [ByteBuffer]
    /// Whether the text is in memory that stays as it is after the call that brought it.
    private let ownsMemory: Bool

    /// - Parameter packet: one whose memory may be used again after the call.
    init(_ packet: consuming SocketPacket) {
        self.slices = packet.arguments
        self.ownsMemory = false
        if packet.attachments.isEmpty {
            self.attachments = []
        } else {
            // The decoder has copied all attachments but the last, which is the one that completed the packet.
            var attachments = packet.attachments
            if let last = attachments.popLast() { attachments.append(ByteBuffer(bytes: last.readableBytesView)) }
            self.attachments = attachments
        }
    }

    private init(slices: ArgumentSlices, attachments: [ByteBuffer]) {
        self.slices = slices
        self.attachments = attachments
        self.ownsMemory = true
    }

    /// The same with memory of its own.
    func retained() -> IncomingArguments {
        if self.ownsMemory { return self }
        if self.slices.isEmpty { return IncomingArguments(slices: ArgumentSlices(), attachments: self.attachments) }
        let joined = self.slices.joined
        var array = ByteBuffer()
        array.reserveCapacity(joined.readableBytes + 2)
        array.writeInteger(UInt8(ascii: "["))
        array.writeImmutableBuffer(joined)
        array.writeInteger(UInt8(ascii: "]"))
        // It was part of a packet that has been scanned, so it is valid.
        let slices = (try? ArgumentSlices(array: array, maxDepth: .max)) ?? ArgumentSlices()
        return IncomingArguments(slices: slices, attachments: self.attachments)
    }

    /// The values that a handler takes, in order.
    struct Reader {
        private let arguments: IncomingArguments
        private let coder: any ArgumentCoder
        private var index = 0

        init(_ arguments: IncomingArguments, coder: any ArgumentCoder) {
            self.arguments = arguments
            self.coder = coder
        }

        /// Decodes the next argument. One that is missing is read as `null`, so that an Optional is `nil`; those that
        /// no handler asks for are not looked at.
        mutating func next<Value: Decodable>(_ type: Value.Type) throws(InvalidArgument) -> Value {
            let index = self.index
            self.index += 1
            // The types are the same, so the bits are too; a cast would look that up in the runtime's tables.
            if type == SocketArgument.self {
                return unsafeBitCast(self.arguments.argument(index), to: Value.self)
            }
            if type == SocketArguments.self {
                self.index = .max / 2
                return unsafeBitCast(self.arguments.arguments(from: index), to: Value.self)
            }
            let slices = self.arguments.slices
            do {
                let json = index < slices.count ? slices[index] : Self.null
                return try self.coder.decode(type, from: json, attachments: self.arguments.attachments)
            } catch {
                throw InvalidArgument(index: index, underlying: error)
            }
        }

        private static let null = ByteBuffer(string: "null")
    }

    func argument(_ index: Int) -> SocketArgument {
        guard index < self.slices.count else { return .null }
        return SocketArgument(owning: self.owned(self.slices[index]), attachments: self.attachments)
    }

    func arguments(from index: Int = 0) -> SocketArguments {
        guard index < self.slices.count else { return SocketArguments() }
        if index == 0 {
            return SocketArguments(owning: self.owned(self.slices.joined), attachments: self.attachments)
        }
        var joined = ByteBuffer()
        for position in index..<self.slices.count {
            if position > index { joined.writeInteger(UInt8(ascii: ",")) }
            joined.writeImmutableBuffer(self.slices[position])
        }
        return SocketArguments(owning: joined, attachments: self.attachments)
    }

    private func owned(_ text: ByteBuffer) -> ByteBuffer {
        self.ownsMemory ? text : text.ownCopy()
    }
}
