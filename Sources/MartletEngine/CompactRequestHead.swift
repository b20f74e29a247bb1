// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

/// A request's head in one piece of memory. A session keeps its request's head for its whole life, and most heads are
/// read once at most. In this form the head of a browser's request takes about 500 bytes, as header fields some three
/// kilobytes.
struct CompactRequestHead: Sendable {
    /// Method, scheme, authority and path, then the header fields' names and values in turn. Each text is its length and
    /// one, or 0 for `nil`, followed by its UTF-8. Numbers are in LEB128: one byte for most.
    private let bytes: [UInt8]

    init(
        method: String,
        scheme: String?,
        authority: String?,
        path: String?,
        fields: [(name: String, value: String)]
    ) {
        let fixed = [method, scheme, authority, path]
        var size = fixed.reduce(0) { $0 + Self.size(of: $1) }
        for (name, value) in fields { size += Self.size(of: name) + Self.size(of: value) }
        self.bytes = [UInt8](unsafeUninitializedCapacity: size) { bytes, count in
            var writer = Writer(bytes: UnsafeMutableRawBufferPointer(bytes))
            for text in fixed { writer.write(text) }
            for (name, value) in fields {
                writer.write(name)
                writer.write(value)
            }
            count = writer.count
        }
    }

    private static func size(of text: String?) -> Int {
        guard let count = text?.utf8.count else { return 1 }
        let bits = Int.bitWidth - (count + 1).leadingZeroBitCount
        return (bits + 6) / 7 + count
    }

    /// Writes to memory whose size the caller has computed to fit all texts.
    private struct Writer {
        let bytes: UnsafeMutableRawBufferPointer
        private(set) var count = 0

        init(bytes: UnsafeMutableRawBufferPointer) {
            self.bytes = bytes
        }

        mutating func write(_ text: String?) {
            guard var text else { return self.write(number: 0) }
            text.withUTF8 { utf8 in
                self.write(number: utf8.count + 1)
                UnsafeMutableRawBufferPointer(rebasing: self.bytes[self.count...]).copyMemory(from: .init(utf8))
                self.count += utf8.count
            }
        }

        private mutating func write(number: Int) {
            var rest = number
            while rest > 0x7f {
                self.bytes[self.count] = UInt8(truncatingIfNeeded: rest) | 0x80
                self.count += 1
                rest >>= 7
            }
            self.bytes[self.count] = UInt8(truncatingIfNeeded: rest)
            self.count += 1
        }
    }

    /// The target: path and query.
    var path: String? {
        var reader = Reader(bytes: self.bytes)
        for _ in 0..<3 { _ = reader.next() }
        return reader.next()
    }

    var head: HTTPRequest {
        var reader = Reader(bytes: self.bytes)
        var head = HTTPRequest(
            method: HTTPRequest.Method(rawValue: reader.next() ?? "") ?? .get,
            scheme: reader.next(),
            authority: reader.next(),
            path: reader.next()
        )
        while !reader.isAtEnd {
            guard let name = reader.next(), let value = reader.next() else { break }
            if let name = HTTPField.Name(name) { head.headerFields.append(HTTPField(name: name, value: value)) }
        }
        return head
    }

    private struct Reader {
        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { self.position >= self.bytes.count }

        mutating func next() -> String? {
            let number = self.nextNumber()
            guard number > 0 else { return nil }
            let end = min(self.position + number - 1, self.bytes.count)
            defer { self.position = end }
            return String(decoding: self.bytes[self.position..<end], as: UTF8.self)
        }

        private mutating func nextNumber() -> Int {
            var number = 0
            var shift = 0
            while !self.isAtEnd {
                let byte = self.bytes[self.position]
                self.position += 1
                number |= Int(byte & 0x7f) << shift
                if byte < 0x80 { break }
                shift += 7
            }
            return number
        }
    }
}
