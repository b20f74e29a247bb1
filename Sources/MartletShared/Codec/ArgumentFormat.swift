// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The format of the arguments in a codec's packets.
///
/// Conforming types have no instances: arguments store the type itself as the format of their bytes, which needs no
/// reference counting.
@usableFromInline
package protocol ArgumentFormat: SendableMetatype {
    /// The bytes that are decoded in place of a missing argument.
    static var null: ByteBuffer { get }

    /// The arguments one by one.
    /// - Parameter arguments: the bytes of all arguments, as in a packet.
    static func split(_ arguments: [UInt8]) -> [ByteBuffer]

    /// Decodes one argument as a value of type `Value`.
    /// - Parameters:
    ///   - attachments: the binary attachments of the packet.
    ///   - coder: decodes JSON. A format other than JSON has a coder of its own.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from argument: ByteBuffer, attachments: [ByteBuffer], using coder: any ArgumentCoder
    ) throws -> Value
}
