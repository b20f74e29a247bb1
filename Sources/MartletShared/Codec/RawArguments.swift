// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Undecoded arguments as they were received or encoded, in any format.
@usableFromInline
package struct RawArguments: Sendable {
    /// The arguments one after the other, in their format; empty for none.
    @usableFromInline package let bytes: [UInt8]
    /// Binary data of the arguments, if their codec keeps it apart.
    @usableFromInline package let attachments: [ByteBuffer]
    @usableFromInline package let format: any ArgumentFormat.Type

    @inlinable
    package init(
        _ bytes: [UInt8], attachments: [ByteBuffer] = [], format: any ArgumentFormat.Type = JSONFormat.self
    ) {
        self.bytes = bytes
        self.attachments = attachments
        self.format = format
    }

    /// Whether the arguments are written in this format.
    @inline(__always)
    package func isWritten(in format: any ArgumentFormat.Type) -> Bool {
        self.format == format
    }

    package var count: Int { self.format.split(self.bytes).count }

    /// The arguments one by one.
    package var elements: [RawArguments] {
        self.format.split(self.bytes).map(self.element)
    }

    /// One argument; nil when there are fewer.
    package subscript(index: Int) -> RawArguments? {
        let slices = self.format.split(self.bytes)
        return slices.indices.contains(index) ? self.element(slices[index]) : nil
    }

    private func element(_ slice: ByteBuffer) -> RawArguments {
        RawArguments(Array(slice.readableBytesView), attachments: self.attachments, format: self.format)
    }

    /// Decodes the bytes, which must be one argument.
    package func decode<Value: Decodable>(_ type: Value.Type, using coder: any ArgumentCoder) throws -> Value {
        try self.format.decode(
            type, from: ByteBuffer(bytes: self.bytes), attachments: self.attachments, using: coder)
    }

    /// The arguments as values, which the coder of another format can encode.
    package func values() throws -> [ArgumentValue] {
        try self.format.split(self.bytes).map {
            try self.format.decode(
                ArgumentValue.self, from: $0, attachments: self.attachments, using: JSONArgumentCoder())
        }
    }

    /// The same arguments in JSON.
    package func inJSON() throws -> RawArguments {
        if self.isWritten(in: JSONFormat.self) { return self }
        var text = ByteBuffer()
        var attachments: [ByteBuffer] = []
        for value in try self.values() {
            if text.readableBytes > 0 { text.writeInteger(UInt8(ascii: ",")) }
            try ArgumentEncoder.encode(value, into: &text, attachments: &attachments)
        }
        return RawArguments(Array(text.readableBytesView), attachments: attachments)
    }
}
