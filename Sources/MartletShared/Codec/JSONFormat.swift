// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import SocketIOWire

/// JSON texts with commas between them. Binary data is an attachment; in the text `{"_placeholder":true,"num":i}`
/// stands for it.
@usableFromInline
package enum JSONFormat: ArgumentFormat {
    @usableFromInline
    package static let null = ByteBuffer(string: "null")

    @usableFromInline
    package static func split(_ arguments: [UInt8]) -> [ByteBuffer] {
        var array = ByteBuffer()
        array.reserveCapacity(arguments.count + 2)
        array.writeInteger(UInt8(ascii: "["))
        array.writeBytes(arguments)
        array.writeInteger(UInt8(ascii: "]"))
        // The text was part of a packet that has been scanned, so it is valid.
        return (try? JSONScanner.elements(of: array, maxDepth: .max)) ?? []
    }

    @usableFromInline
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from argument: ByteBuffer, attachments: [ByteBuffer], using coder: any ArgumentCoder
    ) throws -> Value {
        try coder.decode(type, from: argument, attachments: attachments)
    }
}
