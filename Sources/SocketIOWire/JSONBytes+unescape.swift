// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONBytes {
    /// The text of a JSON string's body. Takes valid JSON; a lone surrogate becomes U+FFFD, which Swift Strings need.
    static func unescape(_ body: UnsafeRawBufferPointer) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count)
        var index = 0
        while index < body.count {
            let special = firstSpecial(in: body, from: index)
            bytes.append(contentsOf: body[index..<special])
            index = special
            guard index + 1 < body.count, body[index] == UInt8(ascii: "\\") else {
                // Only what is not valid JSON comes here.
                if index < body.count { bytes.append(body[index]) }
                index += 1
                continue
            }
            let escape = body[index + 1]
            index += 2
            switch escape {
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "u"):
                bytes.append(contentsOf: Character(scalar(in: body, at: &index)).utf8)
            default: bytes.append(escape)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The scalar of the four hexadecimal digits at `index`, with the second half of a surrogate pair if there is one.
    private static func scalar(in body: UnsafeRawBufferPointer, at index: inout Int) -> Unicode.Scalar {
        let replacement: Unicode.Scalar = "\u{fffd}"
        guard let first = unit(in: body, at: index) else { return replacement }
        index += 4
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, index + 1 < body.count, body[index] == UInt8(ascii: "\\"),
            body[index + 1] == UInt8(ascii: "u"), let second = unit(in: body, at: index + 2),
            (0xdc00...0xdfff).contains(second)
        else { return replacement }
        index += 6
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? replacement
    }

    private static func unit(in body: UnsafeRawBufferPointer, at index: Int) -> UInt32? {
        guard body.count - index >= 4 else { return nil }
        var value: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = hexDigit(body[index + offset]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
