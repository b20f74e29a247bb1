// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

/// A request's head in one piece of memory. A session keeps it for as long as it lives, and hardly anybody reads it more
/// than once: as header fields the head of a browser's request takes some three kilobytes, so about five hundred bytes.
struct CompactRequestHead: Sendable {
    /// Method, scheme, authority and path, then names and values in turn: each its length in four bytes, or all ones
    /// for what there is not, and its UTF-8.
    private let bytes: [UInt8]

    init(
        method: String,
        scheme: String?,
        authority: String?,
        path: String?,
        fields: [(name: String, value: String)]
    ) {
        let fixed = [method, scheme, authority, path]
        var size = fixed.reduce(0) { $0 + ($1?.utf8.count ?? 0) + 4 }
        for (name, value) in fields { size += name.utf8.count + value.utf8.count + 8 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        for text in fixed { Self.append(text, to: &bytes) }
        for (name, value) in fields {
            Self.append(name, to: &bytes)
            Self.append(value, to: &bytes)
        }
        self.bytes = bytes
    }

    private static func append(_ text: String?, to bytes: inout [UInt8]) {
        let length = text.map { UInt32(truncatingIfNeeded: $0.utf8.count) } ?? .max
        withUnsafeBytes(of: length.littleEndian) { bytes.append(contentsOf: $0) }
        if let text { bytes.append(contentsOf: text.utf8) }
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
            guard self.position + 4 <= self.bytes.count else { return nil }
            let length = self.bytes[self.position..<self.position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            self.position += 4
            guard length != .max else { return nil }
            let end = min(self.position + Int(length), self.bytes.count)
            defer { self.position = end }
            return String(decoding: self.bytes[self.position..<end], as: UTF8.self)
        }
    }
}
