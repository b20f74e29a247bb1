// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// A command for Redis, as it is sent: an array of strings.
package struct RedisCommand: Sendable {
    package let bytes: ByteBuffer

    /// - Parameter arguments: the name of the command, and what follows it.
    package init(_ arguments: Argument...) { self.init(arguments) }

    package init(_ arguments: [Argument]) {
        var bytes = ByteBuffer()
        bytes.writeRESPHead("*", arguments.count)
        for argument in arguments {
            switch argument {
            case .string(let string): bytes.writeRESPString(string)
            case .bytes(let string): bytes.writeRESPString(string)
            }
        }
        self.bytes = bytes
    }

    /// One string of a command. Numbers travel as decimal digits.
    package enum Argument: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
        case string(String)
        case bytes(ByteBuffer)

        package init(stringLiteral value: String) { self = .string(value) }
        package init(integerLiteral value: Int) { self = .string(String(value)) }
    }
}

extension ByteBuffer {
    /// Writes how many strings a command has, or bytes a string.
    mutating func writeRESPHead(_ type: Unicode.Scalar, _ count: Int) {
        self.writeInteger(UInt8(ascii: type))
        self.writeDecimal(count)
        self.writeStaticString("\r\n")
    }

    mutating func writeRESPString(_ string: String) {
        self.writeRESPHead("$", string.utf8.count)
        self.writeString(string)
        self.writeStaticString("\r\n")
    }

    mutating func writeRESPString(_ string: ByteBuffer) {
        self.writeRESPHead("$", string.readableBytes)
        self.writeImmutableBuffer(string)
        self.writeStaticString("\r\n")
    }

    /// Digits, without a string in between.
    private mutating func writeDecimal(_ number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            self.writeInteger(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
