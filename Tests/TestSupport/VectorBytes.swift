// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import NIOCore

/// Text, or `{"base64"}`, in a file of `Tests/Vectors`.
package struct VectorBytes: Decodable, Equatable {
    package var buffer: ByteBuffer
    package var isBinary: Bool

    private struct Binary: Decodable {
        var base64: Data
    }

    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            (self.buffer, self.isBinary) = (ByteBuffer(string: text), false)
        } else {
            (self.buffer, self.isBinary) = (ByteBuffer(bytes: try Binary(from: decoder).base64), true)
        }
    }

    /// What stands in a file of `Tests/Vectors`.
    package static func file(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Vectors/\(name)"))
    }
}
