// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What arguments are written in, one after the other, in the packets of a codec.
///
/// It is a type that nothing is made of: arguments say with it what their bytes are, which costs them no reference to
/// count.
package protocol ArgumentFormat: SendableMetatype {
    /// What is decoded in place of an argument that is missing.
    static var null: ByteBuffer { get }

    /// The arguments one by one.
    /// - Parameter arguments: as they stand in a packet.
    static func split(_ arguments: [UInt8]) -> [ByteBuffer]

    /// The value of type `Value` that one argument stands for.
    /// - Parameters:
    ///   - attachments: what came with it apart from it.
    ///   - coder: decodes JSON. A format that is no JSON has a coder of its own.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from argument: ByteBuffer, attachments: [ByteBuffer], using coder: any ArgumentCoder
    ) throws -> Value
}
