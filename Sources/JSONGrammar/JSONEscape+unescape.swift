// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

extension JSONEscape {
    /// The text of a JSON string whose escapes a scanner has already checked; for unchecked escapes the result is
    /// unspecified. A lone surrogate becomes U+FFFD, since Swift's strings cannot hold one.
    /// - Parameter body: the bytes between the quotes.
    package static func unescape(_ body: UnsafeBufferPointer<UInt8>) -> String {
        // An escape is never shorter than its UTF-8: `\u` with its four digits, six bytes, gives at most three bytes, and
        // a pair of them four.
        String(unsafeUninitializedCapacity: body.count) { Self.unescape(body, into: $0) }
    }

    /// - Returns: how many bytes were written.
    private static func unescape(
        _ body: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        guard var source = body.baseAddress, let start = output.baseAddress else { return 0 }
        let end = source + body.count
        var target = start
        while true {
            // The output has as much room as the input, and never gets ahead of it: where eight bytes can be read,
            // eight can be written.
            while end - source >= 8 {
                let word = JSONWord(at: source)
                word.store(at: target)
                let plain = JSONWord.count(before: word.marks(of: JSONByte.backslash))
                source += plain
                target += plain
                if plain < 8 { break }
            }
            guard source < end else { return target - start }
            if source.pointee == JSONByte.backslash, end - source > 1 {
                Self.resolve(&source, end, to: &target)
            } else {
                target.pointee = source.pointee
                source += 1
                target += 1
            }
        }
    }

    /// Writes the character that an escape stands for.
    private static func resolve(
        _ source: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, to target: inout UnsafeMutablePointer<UInt8>
    ) {
        let letter = source[1]
        if letter == UInt8(ascii: "u"), let first = Self.unit(after: source, end) {
            source += 6
            for byte in UTF8.encode(Self.scalar(first, &source, end)) ?? UTF8.encodedReplacementCharacter {
                target.pointee = byte
                target += 1
            }
        } else {
            source += 2
            target.pointee = Self.byte(of: letter) ?? letter
            target += 1
        }
    }

    /// The scalar of a code unit. If the code unit is the first half of a surrogate pair, takes the second half from
    /// the source.
    private static func scalar(
        _ first: UInt32, _ source: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> Unicode.Scalar {
        guard first & 0xfc00 == 0xd800, let second = Self.unit(after: source, end), second & 0xfc00 == 0xdc00 else {
            return Unicode.Scalar(first) ?? "\u{fffd}"
        }
        source += 6
        return Unicode.Scalar(0x10000 + (first & 0x3ff) << 10 + second & 0x3ff) ?? "\u{fffd}"
    }

    /// The UTF-16 code unit of the `\u` escape at `place`; nil when there is no such escape.
    private static func unit(after place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> UInt32? {
        guard end - place >= 6, place[0] == JSONByte.backslash, place[1] == UInt8(ascii: "u") else { return nil }
        return Self.unit(place + 2)
    }
}
